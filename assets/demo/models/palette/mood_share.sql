SELECT
    mood,
    count(*) AS people,
    round(100.0 * count(*) / max(everyone.total), 1) AS percent
FROM {{ ref('foobar') }}
CROSS JOIN (SELECT count(*) AS total FROM {{ ref('foo') }}) AS everyone
GROUP BY mood
