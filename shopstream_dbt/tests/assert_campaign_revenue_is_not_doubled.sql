-- A customer's revenue is in a source x campaign once, so no row can hold more than all customers' revenue.
with

limits as (

    select coalesce(sum(lifetime_value), 0) as revenue
    from {{ ref('mart_customer_ltv') }}

),

campaigns as (

    select * from {{ ref('mart_crm_conversion') }}

)

select
    campaigns.contact_source,
    campaigns.campaign_id
from campaigns
cross join limits
where
    campaigns.matched_revenue > limits.revenue
    or campaigns.matched_contacts > campaigns.contacts
    or campaigns.converted_contacts > campaigns.contacts
