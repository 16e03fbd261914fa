{{ config(indexes=[{'columns': ['mood']}]) }}

SELECT mood, name, favorite_color
FROM {{ ref('foobar') }}
