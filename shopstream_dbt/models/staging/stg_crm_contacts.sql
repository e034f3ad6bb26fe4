with

source as (

    select * from {{ source('raw', 'crm_contacts') }}

),

renamed as (

    select
        id as contact_id,
        lower(trim(email)) as email,
        trim(first_name) as first_name,
        trim(last_name) as last_name,
        nullif(lower(trim(source)), '') as contact_source,
        nullif(trim(campaign_id), '') as campaign_id,
        created_at,
        coalesce(converted, false) as is_converted,
        converted_at
    from source

)

select * from renamed
