{{ config(materialized='sink', cluster='sinks', tags='secret') }}
from {{ ref('baskets') }} into kafka connection k (topic 't') format json envelope debezium
