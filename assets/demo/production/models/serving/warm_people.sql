{{ config(indexes=[{'columns': ['name']}]) }}

SELECT name, favorite_color
FROM {{ ref('bar') }}
WHERE color_category = 'warm'
