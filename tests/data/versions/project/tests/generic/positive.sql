{% test positive(model, column_name) %}
{{ config(fail_calc='sum(' ~ 'n)') }}
select count(*) as n from {{ model }} where {{ column_name }} < 0
{% endtest %}
