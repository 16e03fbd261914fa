{{ config(materialized='ephemeral') }}
select * from {{ ref('ledger') }}
