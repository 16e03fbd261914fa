{{ config(enabled=false, contract={'enforced': true}) }}
select 1 as id
