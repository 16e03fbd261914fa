{% snapshot plum_history %}
{{ config(target_schema='snaps', unique_key='id', strategy='check', check_cols=['name'], tags=['h'] + ['i']) }}
select * from {{ ref('plum_types') }}
{% endsnapshot %}
