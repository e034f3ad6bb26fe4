-- Somebody else's data: a conversion has a moment, which is not before the contact, and a moment means a conversion.
{{ config(severity='warn', store_failures_as='view') }}

select
    contact_id,
    created_at,
    is_converted,
    converted_at
from {{ ref('stg_crm_contacts') }}
where
    is_converted <> (converted_at is not null)
    or converted_at < created_at
