{{ config(materialized='table', contract={'enforced': true}) }}
select 1 as id, 2.5 as price, 'x' as currency
