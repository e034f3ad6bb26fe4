select
    contact_id,
    created_at,
    is_converted,
    converted_at
from {{ ref('stg_crm_contacts') }}
where
    is_converted <> (converted_at is not null)
    or converted_at < created_at
