with

contacts as (

    select
        contact_id,
        email,
        coalesce(contact_source, 'Unknown') as contact_source,
        coalesce(campaign_id, 'No campaign') as campaign_id,
        is_converted,
        iff(is_converted, datediff(day, created_at::date, converted_at::date), null) as days_to_convert
    from {{ ref('stg_crm_contacts') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

order_lines as (

    select * from {{ ref('fact_orders') }}
    where is_counted

),

revenue_of_customers as (

    select
        user_id,
        sum(line_revenue) as revenue
    from order_lines
    group by user_id

),

-- Addresses that differ in case alone are one in staging: a contact may meet several accounts, and the reverse.
matches as (

    select
        contacts.contact_source,
        contacts.campaign_id,
        contacts.contact_id,
        customers.user_id
    from contacts
    inner join customers on contacts.email = customers.email
    where contacts.email <> ''

),

matched_contacts as (

    select
        contact_source,
        campaign_id,
        count(distinct contact_id) as matched_contacts
    from matches
    group by contact_source, campaign_id

),

reached_customers as (

    select distinct
        contact_source,
        campaign_id,
        user_id
    from matches

),

matched_customers as (

    select
        reached_customers.contact_source,
        reached_customers.campaign_id,
        count(*) as matched_customers,
        sum(coalesce(revenue_of_customers.revenue, 0)) as revenue
    from reached_customers
    left join revenue_of_customers on reached_customers.user_id = revenue_of_customers.user_id
    group by reached_customers.contact_source, reached_customers.campaign_id

),

counted as (

    select
        contact_source,
        campaign_id,
        count(*) as contacts,
        count_if(is_converted) as converted_contacts,
        median(days_to_convert) as median_days_to_convert
    from contacts
    group by contact_source, campaign_id

),

final as (

    select
        counted.contact_source::varchar as contact_source,
        counted.campaign_id::varchar as campaign_id,
        counted.contacts::number(38, 0) as contacts,
        counted.converted_contacts::number(38, 0) as converted_contacts,
        {{ exact_ratio('counted.converted_contacts', 'counted.contacts', 6) }}::number(18, 6) as conversion_rate,
        counted.median_days_to_convert::number(38, 1) as median_days_to_convert,
        coalesce(matched_contacts.matched_contacts, 0)::number(38, 0) as matched_contacts,
        coalesce(matched_customers.matched_customers, 0)::number(38, 0) as matched_customers,
        matched_customers.revenue::number(38, 2) as matched_revenue
    from counted
    left join matched_contacts
        on
            counted.contact_source = matched_contacts.contact_source
            and counted.campaign_id = matched_contacts.campaign_id
    left join matched_customers
        on
            counted.contact_source = matched_customers.contact_source
            and counted.campaign_id = matched_customers.campaign_id

)

select * from final
