select {{ double(2) }} from {{ ref('baskets') }}
