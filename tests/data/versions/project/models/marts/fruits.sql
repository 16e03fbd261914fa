{{ config(cluster=generate_cluster('serving'), on_configuration_change="continue", docs={'show': true}, label=var('label') | default('x') | upper, parts=(1, 2,), slice=[1, 2, 3][0:2], kind_ok=(1 is odd), ratio=-1.5, big=10 ** 3) }}
select id, weight from {{ ref('stg_apples') }}
union all select id, weight from {{ ref('stg_pears') }}
