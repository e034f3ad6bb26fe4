{% set spellings = var('status_spellings') %}

with

source as (

    select
        *,
        lower(trim(status)) as status_as_written
    from {{ source('raw', 'orders') }}

),

renamed as (

    select
        id as order_id,
        user_id,
        created_at as ordered_at,
        created_at::date as order_date,
        total_amount,
        nullif(status_as_written, '') as source_status,
        {% if spellings -%}
            case status_as_written
                {% for spelling, meaning in spellings.items() -%}
                    when {{ quoted([spelling]) }} then {{ quoted([meaning]) }}
                {% endfor -%}
                else nullif(status_as_written, '')
            end as order_status,
        {%- else -%}
            nullif(status_as_written, '') as order_status,
        {%- endif %}
        nullif(upper(trim(country)), '') as country,
        lower(trim(payment_method)) as payment_method,
        _partition_date
    from source

)

select * from renamed
