{{
  config(
    materialized = env_var('PEARS', 'view'),
    cluster = var('cluster', 'compute') ~ '_pears',
    indexes = [{'columns': ['a', 'b'], 'cluster': target.name}, {'default': True}],
    enabled = var('pears', true),
    retain_history = "1 hr",
    alias = 'pears' ~ var('suffix', '')
  )
}}
select id, {{ double('weight') }} as weight from {{ source('farm', 'pears') }}
