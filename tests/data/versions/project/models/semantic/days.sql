{{ config(materialized='table') }}
select cast('2024-01-01' as date) as day
