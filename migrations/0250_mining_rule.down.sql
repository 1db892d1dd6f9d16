alter table dimension drop column is_excluded_from_role_mining;
alter table context_rule drop column min_identities_count, drop column reduction_outlier_percentage;
drop table mining_rule;
