{{ config(materialized='view', tags=['raw', 'apples'], meta={'keeper': 'ann', 'weight': 1.5}) }}
select id, kind, weight from {{ source('farm', 'apples') }}
