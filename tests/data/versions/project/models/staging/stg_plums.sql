{% set days = 3 %}
{{ config(schema=('s' if target.name == 'dev' else 'plums'), meta=dict(a=1, b=[1, 2]), grants={'select': ['a', 'b']}, post_hook="analyze {{ this }}", pre_hook=['select 1', {'sql': 'select 2', 'transaction': false}], limit_rows=days * 2 + 1, not_flag=not var('on', false)) }}
select * from {{ ref('plum_types') }}
