with

customers as (

    select
        accounts.email,
        accounts.user_id,
        coalesce(spent.lifetime_value, 0) as revenue
    from {{ ref('dim_customers') }} as accounts
    left join {{ ref('mart_customer_ltv') }} as spent on accounts.user_id = spent.user_id
    where accounts.email <> ''

),

-- However often a customer is met in a campaign, the revenue is the same: its maximum.
once_each as (

    select
        coalesce(contacts.contact_source, 'Unknown') as contact_source,
        coalesce(contacts.campaign_id, 'No campaign') as campaign_id,
        customers.user_id,
        max(customers.revenue) as revenue
    from {{ ref('stg_crm_contacts') }} as contacts
    inner join customers on contacts.email = customers.email
    group by
        coalesce(contacts.contact_source, 'Unknown'), coalesce(contacts.campaign_id, 'No campaign'), customers.user_id

),

expected as (

    select
        contact_source,
        campaign_id,
        count(*) as matched_customers,
        sum(revenue) as matched_revenue
    from once_each
    group by contact_source, campaign_id

),

campaigns as (

    select * from {{ ref('mart_crm_conversion') }}

)

select
    campaigns.contact_source,
    campaigns.campaign_id,
    campaigns.matched_revenue,
    expected.matched_revenue as expected_revenue
from campaigns
left join expected
    on campaigns.contact_source = expected.contact_source and campaigns.campaign_id = expected.campaign_id
where
    campaigns.matched_customers <> coalesce(expected.matched_customers, 0)
    or campaigns.matched_revenue is distinct from expected.matched_revenue
    or campaigns.matched_contacts > campaigns.contacts
    or campaigns.converted_contacts > campaigns.contacts
