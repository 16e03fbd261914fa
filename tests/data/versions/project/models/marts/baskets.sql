select f.id, count(*) as n from {{ ref('fruits') }} f join {{ ref('stg_plums') }} p on p.id = f.id group by 1
{% if var('extra', false) %}{{ config(meta={'x': 1}) }}{% endif %}
