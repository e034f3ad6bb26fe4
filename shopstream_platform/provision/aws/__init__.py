"""AWS: one CloudFormation template, deployed and compared with what is really there."""
