select
    contacts.contact_id,
    contacts.contact_source,
    contacts.campaign_id
from {{ ref('stg_crm_contacts') }} as contacts
left join {{ ref('mart_crm_conversion') }} as campaigns
    on
        coalesce(contacts.contact_source, 'Unknown') = campaigns.contact_source
        and coalesce(contacts.campaign_id, 'No campaign') = campaigns.campaign_id
where contacts.is_converted and campaigns.matched_contacts = 0
