"""Builds a small shop with boto3, the AWS client of Python, and prints what AWS answers as one JSON object."""

import base64
import json
import sys

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"
PORT = 8080

ec2, rds, elb, groups, route53, cloudwatch, fis, iam = (
    boto3.client(service, region_name=REGION)
    for service in ("ec2", "rds", "elbv2", "autoscaling", "route53", "cloudwatch", "fis", "iam")
)
answers = {}


def refusal(call, **arguments):
    """The code and HTTP status of the error with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    return None


vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
ec2.attach_internet_gateway(
    InternetGatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"], VpcId=vpc
)
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=REGION + zone)["Subnet"]["SubnetId"]
    for i, zone in enumerate("ab")
]

rds.create_db_subnet_group(DBSubnetGroupName="shop", DBSubnetGroupDescription="shop", SubnetIds=subnets)
created = rds.create_db_instance(
    DBInstanceIdentifier="orders",
    DBInstanceClass="db.t3.medium",
    Engine="mysql",
    MasterUsername="administrator",
    MasterUserPassword="correct-horse",
    AllocatedStorage=20,
    BackupRetentionPeriod=1,
    DBSubnetGroupName="shop",
)["DBInstance"]
described = rds.describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"][0]
answers["database"] = {
    "arn": described["DBInstanceArn"],
    "status": [created["DBInstanceStatus"], described["DBInstanceStatus"]],
    "endpoint": "Endpoint" in described,
}
answers["missingDatabase"] = refusal(rds.describe_db_instances, DBInstanceIdentifier="none")
answers["sameDatabase"] = refusal(
    rds.create_db_instance, DBInstanceIdentifier="orders", DBInstanceClass="db.t3.medium", Engine="mysql",
    MasterUsername="administrator", MasterUserPassword="correct-horse", AllocatedStorage=20,
)

balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]
target_group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=PORT, VpcId=vpc, HealthCheckPath="/healthz")[
    "TargetGroups"
][0]["TargetGroupArn"]
elb.create_listener(
    LoadBalancerArn=balancer["LoadBalancerArn"],
    Protocol="HTTP",
    Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
)
image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
user_data = base64.b64encode(b"#!/bin/sh\nDATABASE_IDENTIFIER=orders\n").decode()
template = ec2.create_launch_template(
    LaunchTemplateName="shop",
    LaunchTemplateData={"ImageId": image, "InstanceType": "t3.medium", "UserData": user_data},
)["LaunchTemplate"]["LaunchTemplateId"]
groups.create_auto_scaling_group(
    AutoScalingGroupName="shop",
    MinSize=2,
    MaxSize=4,
    LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"},
    VPCZoneIdentifier=",".join(subnets),
    TargetGroupARNs=[target_group],
)
group = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["shop"])["AutoScalingGroups"][0]
answers["group"] = {
    "sizes": [group["MinSize"], group["DesiredCapacity"], group["MaxSize"]],
    "targetGroups": group["TargetGroupARNs"] == [target_group],
    "zones": sorted(group["AvailabilityZones"]),
}
answers["missingGroups"] = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["none"])["AutoScalingGroups"]
answers["missingTargets"] = refusal(elb.describe_target_health, TargetGroupArn=target_group[:-1] + "x")

zone = route53.create_hosted_zone(Name="shop.example.com", CallerReference="shop")["HostedZone"]["Id"]
alias = {
    "Name": "shop.example.com",
    "Type": "A",
    "AliasTarget": {
        "HostedZoneId": balancer["CanonicalHostedZoneId"],
        "DNSName": balancer["DNSName"],
        "EvaluateTargetHealth": True,
    },
}


def batch(action):
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": alias}]}}


answers["change"] = route53.change_resource_record_sets(**batch("UPSERT"))["ChangeInfo"]["Status"]
records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
answers["records"] = [[record["Name"], record["Type"]] for record in records]
answers["sameRecord"] = refusal(route53.change_resource_record_sets, **batch("CREATE"))

cloudwatch.put_metric_alarm(
    AlarmName="shop-orders",
    Namespace="Shop",
    MetricName="Orders",
    Statistic="Sum",
    Period=60,
    EvaluationPeriods=1,
    Threshold=1,
    ComparisonOperator="LessThanThreshold",
)
alarm = cloudwatch.describe_alarms(AlarmNames=["shop-orders"])["MetricAlarms"][0]
answers["alarm"] = [alarm["StateValue"], alarm["AlarmArn"]]

trust = {"Effect": "Allow", "Principal": {"Service": "fis.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = iam.create_role(
    RoleName="experiments", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
)["Role"]["Arn"]
template = fis.create_experiment_template(
    clientToken="template",
    description="terminate one instance",
    roleArn=role,
    targets={
        "one": {
            "resourceType": "aws:ec2:instance",
            "resourceTags": {"aws:autoscaling:groupName": "shop"},
            "selectionMode": "COUNT(1)",
        }
    },
    actions={"terminate": {"actionId": "aws:ec2:terminate-instances", "targets": {"Instances": "one"}}},
    stopConditions=[{"source": "aws:cloudwatch:alarm", "value": alarm["AlarmArn"]}],
)["experimentTemplate"]["id"]
experiment = fis.start_experiment(clientToken="experiment", experimentTemplateId=template)["experiment"]
answers["experiment"] = {
    "started": experiment["state"]["status"],
    "found": fis.get_experiment(id=experiment["id"])["experiment"]["id"] == experiment["id"],
}
answers["missingExperiment"] = refusal(fis.get_experiment, id="EXPnone")

json.dump(answers, sys.stdout)
