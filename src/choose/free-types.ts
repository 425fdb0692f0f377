/**
 * Resource types that cost nothing by nature, and why. A type that is neither here nor priced is reported as unpriced.
 */
export const freeTypes: Readonly<Record<string, string>> = {
  "aws:ec2/vpc:Vpc": "networks are free",
  "aws:ec2/subnet:Subnet": "networks are free",
  "aws:ec2/internetGateway:InternetGateway": "networks are free",
  "aws:ec2/routeTable:RouteTable": "networks are free",
  "aws:ec2/routeTableAssociation:RouteTableAssociation": "networks are free",
  "aws:ec2/route:Route": "networks are free",
  "aws:ec2/securityGroup:SecurityGroup": "networks are free",
  "aws:ec2/launchTemplate:LaunchTemplate": "a description; the instances that a group makes of it cost",
  "aws:lb/targetGroup:TargetGroup": "part of its load balancer",
  "aws:lb/listener:Listener": "part of its load balancer",
  "aws:rds/subnetGroup:SubnetGroup": "a setting of a database",
  "aws:iam/role:Role": "IAM is free",
  "aws:iam/rolePolicy:RolePolicy": "IAM is free",
  "aws:iam/instanceProfile:InstanceProfile": "IAM is free",
  "aws:s3/bucketVersioning:BucketVersioning": "a setting of a bucket",
  "aws:s3/bucketPolicy:BucketPolicy": "a setting of a bucket",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "a setting of a bucket",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "a setting of a bucket; S3's own keys are free",
  "aws:route53/record:Record": "records are free, and so are questions for aliases of load balancers",
};

/** Whether a type is no resource of AWS: stacks, providers, components. */
export function isNoCloudResource(type: string): boolean {
  return !type.startsWith("aws:");
}
