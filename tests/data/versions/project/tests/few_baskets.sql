{{ config(severity='warn' if target.name == 'dev' else 'error', where="n > 0", store_failures=true) }}
select * from {{ ref('baskets') }} where n > 100
