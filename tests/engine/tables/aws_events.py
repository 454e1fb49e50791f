"""One event of each service that invokes functions, as its documentation shows it (AWS Lambda developer guide, November 2026)."""

from __future__ import annotations

import json
from typing import Any, Final

_ACCOUNT = "123456789012"
_BODY: Final = json.dumps(
    {"order_id": 17, "lines": [{"sku": f"tea-{number}", "quantity": number} for number in range(80)]}
)

S3: Final = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-2",
            "eventTime": "2026-09-03T19:37:27.192Z",
            "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "AWS:AIDAINPONIXQXHT3IKHL2"},
            "requestParameters": {"sourceIPAddress": "205.255.255.255"},
            "responseElements": {
                "x-amz-request-id": "D82B88E5F771F645",
                "x-amz-id-2": "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQ",
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "828aa6fc-f7b5-4305-8584-487c791949c1",
                "bucket": {
                    "name": "lambda-artifacts-deafc19498e3f2df",
                    "ownerIdentity": {"principalId": "A3I5XTEXAMAI3E"},
                    "arn": "arn:aws:s3:::lambda-artifacts-deafc19498e3f2df",
                },
                "object": {
                    "key": "b21b84d653bb07b05b1e6b33684dc11b",
                    "size": 1305107,
                    "eTag": "b21b84d653bb07b05b1e6b33684dc11b",
                    "sequencer": "0C0F6F405D6ED209E1",
                },
            },
        }
    ]
}

SNS: Final = {
    "Records": [
        {
            "EventVersion": "1.0",
            "EventSubscriptionArn": f"arn:aws:sns:us-east-1:{_ACCOUNT}:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486",
            "EventSource": "aws:sns",
            "Sns": {
                "SignatureVersion": "1",
                "Timestamp": "2026-01-02T12:45:07.000Z",
                "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
                "Message": _BODY,
                "MessageAttributes": {
                    "Test": {"Type": "String", "Value": "TestString"},
                    "TestBinary": {"Type": "Binary", "Value": "VGVzdEJpbmFyeQ=="},
                },
                "Type": "Notification",
                "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
                "TopicArn": f"arn:aws:sns:us-east-1:{_ACCOUNT}:sns-lambda",
                "Subject": "TestInvoke",
            },
        }
    ]
}

SQS: Final = {
    "Records": [
        {
            "messageId": f"059f36b4-87a3-44ab-83d2-6619757{number:05}",
            "receiptHandle": f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{number}",
            "body": json.dumps({"order": number, "lines": [{"sku": "tea", "quantity": number}]}),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1545082649185",
            },
            "messageAttributes": {
                "kind": {
                    "stringValue": "order",
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": "String",
                }
            },
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-2:{_ACCOUNT}:my-queue",
            "awsRegion": "us-east-2",
        }
        for number in range(10)
    ]
}

DYNAMODB: Final = {
    "Records": [
        {
            "eventID": f"c4ca4238a0b923820dcc509a6f75849{number}",
            "eventName": "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "Keys": {"Id": {"N": str(number)}},
                "NewImage": {
                    "Message": {"S": "New item!"},
                    "Id": {"N": str(number)},
                    "Lines": {
                        "L": [{"M": {"sku": {"S": "tea"}, "price": {"M": {"amount": {"N": "12.50"}}}}}]
                    },
                },
                "OldImage": {"Message": {"S": "Old item!"}, "Id": {"N": str(number)}},
                "ApproximateCreationDateTime": 1428537600,
                "SequenceNumber": "4421584500000000017450439091",
                "SizeBytes": 26,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": f"arn:aws:dynamodb:us-east-1:{_ACCOUNT}:table/orders/stream/2026-06-27T00:48:05.899",
        }
        for number in range(3)
    ]
}

KINESIS: Final = {
    "Records": [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "1",
                "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
                "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                "approximateArrivalTimestamp": 1545084650.987,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{_ACCOUNT}:role/lambda-role",
            "awsRegion": "us-east-2",
            "eventSourceARN": f"arn:aws:kinesis:us-east-2:{_ACCOUNT}:stream/lambda-stream",
        }
        for _ in range(5)
    ]
}

FIREHOSE: Final = {
    "invocationId": "invocationIdExample",
    "deliveryStreamArn": f"arn:aws:kinesis:us-east-1:{_ACCOUNT}:deliverystream/example",
    "region": "us-east-1",
    "records": [
        {
            "recordId": "49546986683135544286507457936321625675700192471156785154",
            "approximateArrivalTimestamp": 1495072949453,
            "data": "SGVsbG8gV29ybGQ=",
            "kinesisRecordMetadata": {
                "shardId": "shardId-000000000000",
                "partitionKey": "4d1ad2b9-24f8-4b9d-a088-76e9947c317a",
                "approximateArrivalTimestamp": "2012-04-23T18:25:43.511Z",
                "sequenceNumber": "49546986683135544286507457936321625675700192471156785154",
                "subsequenceNumber": "",
            },
        }
    ],
}

EVENTBRIDGE: Final = {
    "version": "0",
    "id": "fe8d3c65-xmpl-c5c3-2c87-81584709a377",
    "detail-type": "RDS DB Instance Event",
    "source": "aws.rds",
    "account": _ACCOUNT,
    "time": "2026-04-28T07:20:20Z",
    "region": "us-east-2",
    "resources": [f"arn:aws:rds:us-east-2:{_ACCOUNT}:db:rdz6xmpliljlb1"],
    "detail": {
        "EventCategories": ["backup"],
        "SourceType": "DB_INSTANCE",
        "SourceArn": f"arn:aws:rds:us-east-2:{_ACCOUNT}:db:rdz6xmpliljlb1",
        "Date": "2026-04-28T07:20:20.112Z",
        "Message": "Finished DB Instance backup",
        "SourceIdentifier": "rdz6xmpliljlb1",
        "order": {"customer": {"address": {"city": {"name": "Köln", "zip": "50667"}}}},
    },
}

API_GATEWAY_V1: Final = {
    "version": "1.0",
    "resource": "/my/path",
    "path": "/my/path",
    "httpMethod": "POST",
    "headers": {"header1": "value1", "header2": "value2", "Host": "id.execute-api.us-east-1.amazonaws.com"},
    "multiValueHeaders": {"header1": ["value1"], "header2": ["value1", "value2"]},
    "queryStringParameters": {"parameter1": "value1", "parameter2": "value"},
    "multiValueQueryStringParameters": {"parameter1": ["value1", "value2"], "parameter2": ["value"]},
    "requestContext": {
        "accountId": _ACCOUNT,
        "apiId": "id",
        "authorizer": {
            "claims": {"sub": "8c1f", "email_verified": "true", "scope": "orders/read"},
            "scopes": None,
        },
        "domainName": "id.execute-api.us-east-1.amazonaws.com",
        "extendedRequestId": "request-id",
        "httpMethod": "POST",
        "identity": {
            "accountId": None,
            "cognitoIdentityId": None,
            "sourceIp": "192.0.2.1",
            "user": None,
            "userAgent": "curl/8",
            "clientCert": {
                "subjectDN": "www.example.com",
                "validity": {"notBefore": "May 28 12:30:02 2026 GMT", "notAfter": "Aug  5 09:36:04 2031 GMT"},
            },
        },
        "path": "/my/path",
        "protocol": "HTTP/1.1",
        "requestId": "id=",
        "requestTime": "04/Mar/2026:19:15:17 +0000",
        "requestTimeEpoch": 1583349317135,
        "resourcePath": "/my/path",
        "stage": "$default",
    },
    "pathParameters": {"proxy": "orders/7"},
    "stageVariables": None,
    "body": _BODY,
    "isBase64Encoded": False,
}

API_GATEWAY_V2: Final = {
    "version": "2.0",
    "routeKey": "POST /orders",
    "rawPath": "/my/path",
    "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
    "cookies": [],
    "headers": {"header1": "value1", "header2": "value1,value2", "content-type": "application/json"},
    "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
    "requestContext": {
        "accountId": _ACCOUNT,
        "apiId": "api-id",
        "authentication": {
            "clientCert": {
                "issuerDN": "Example issuer",
                "validity": {"notBefore": "May 28 12:30:02 2026 GMT"},
            }
        },
        "authorizer": {
            "jwt": {
                "claims": {
                    "claim1": "value1",
                    "cognito:groups": ["buyers", "staff"],
                    "iss": "https://issuer.example.com",
                },
                "scopes": ["scope1", "scope2"],
            }
        },
        "domainName": "id.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "id",
        "http": {
            "method": "POST",
            "path": "/my/path",
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1",
            "userAgent": "agent",
        },
        "requestId": "id",
        "routeKey": "POST /orders",
        "stage": "$default",
        "time": "12/Mar/2026:19:03:58 +0000",
        "timeEpoch": 1583348638390,
    },
    "body": _BODY,
    "pathParameters": {"parameter1": "value1"},
    "isBase64Encoded": False,
    "stageVariables": {"stageVariable1": "value1", "stageVariable2": "value2"},
}

WEBSOCKET: Final = {
    "requestContext": {
        "routeKey": "$default",
        "messageId": "Qv0wRe3zoAMCJnw=",
        "eventType": "MESSAGE",
        "extendedRequestId": "Qv0wQFKHIAMFw3w=",
        "requestTime": "11/Feb/2026:10:44:53 +0000",
        "messageDirection": "IN",
        "stage": "prod",
        "connectedAt": 1676112287404,
        "requestTimeEpoch": 1676112293183,
        "identity": {"sourceIp": "192.0.2.1"},
        "requestId": "Qv0wQFKHIAMFw3w=",
        "domainName": "id.execute-api.eu-west-1.amazonaws.com",
        "connectionId": "Qv0vieNfIAMCJnw=",
        "apiId": "id",
    },
    "body": '{"action": "subscribe", "orders": [1, 2, 3]}',
    "isBase64Encoded": False,
}

ALB: Final = {
    "requestContext": {
        "elb": {
            "targetGroupArn": f"arn:aws:elasticloadbalancing:us-east-2:{_ACCOUNT}:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a"
        }
    },
    "httpMethod": "GET",
    "path": "/lambda",
    "queryStringParameters": {"query": "1234ABCD"},
    "headers": {
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8",
        "accept-encoding": "gzip",
        "host": "lambda-alb-123578498.us-east-2.elb.amazonaws.com",
        "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
        "x-amzn-trace-id": "Root=1-5c536348-3d683b8b04734faae651f476",
        "x-forwarded-for": "72.12.164.125",
        "x-forwarded-port": "80",
        "x-forwarded-proto": "http",
    },
    "body": "",
    "isBase64Encoded": False,
}

COGNITO: Final = {
    "version": "1",
    "region": "us-east-1",
    "userPoolId": "us-east-1_EXAMPLE",
    "userName": "testuser",
    "triggerSource": "PreSignUp_SignUp",
    "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "4p7d1ocqefbgex"},
    "request": {
        "userAttributes": {"email": "ana at example.com", "custom:tier": "gold"},
        "validationData": None,
        "clientMetadata": {"metadata_key": "value", "nested": {"deeper": {"deepest": {"bottom": "here"}}}},
        "groupConfiguration": {
            "groupsToOverride": ["buyers"],
            "iamRolesToOverride": [f"arn:aws:iam::{_ACCOUNT}:role/a"],
            "preferredRole": None,
        },
    },
    "response": {"autoConfirmUser": False, "autoVerifyPhone": False, "autoVerifyEmail": False},
}

CLOUDFRONT: Final = {
    "Records": [
        {
            "cf": {
                "config": {
                    "distributionDomainName": "d111111abcdef8.cloudfront.net",
                    "distributionId": "EDFDVBD6EXAMPLE",
                    "eventType": "origin-request",
                    "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd",
                },
                "request": {
                    "clientIp": "203.0.113.178",
                    "headers": {
                        "host": [{"key": "Host", "value": "d111111abcdef8.cloudfront.net"}],
                        "user-agent": [{"key": "User-Agent", "value": "curl/7.66.0"}],
                    },
                    "method": "GET",
                    "origin": {
                        "custom": {
                            "customHeaders": {"x-shard": [{"key": "X-Shard", "value": "blue"}]},
                            "domainName": "example.org",
                            "keepaliveTimeout": 5,
                            "path": "",
                            "port": 443,
                            "protocol": "https",
                            "readTimeout": 30,
                            "sslProtocols": ["TLSv1", "TLSv1.1", "TLSv1.2"],
                        }
                    },
                    "querystring": "",
                    "uri": "/",
                },
            }
        }
    ]
}

SES: Final = {
    "Records": [
        {
            "eventVersion": "1.0",
            "eventSource": "aws:ses",
            "ses": {
                "mail": {
                    "timestamp": "2026-09-01T22:37:57.000Z",
                    "source": "sender at example.com",
                    "messageId": "o3vrnil0e2ic28tr",
                    "destination": ["recipient at example.com"],
                    "headersTruncated": False,
                    "headers": [
                        {"name": "Return-Path", "value": "sender at example.com"},
                        {"name": "Received", "value": "from mailer by inbound"},
                    ],
                    "commonHeaders": {
                        "returnPath": "sender",
                        "from": ["Ana"],
                        "date": "Fri, 1 Sep 2026 22:37:56",
                        "to": ["recipient"],
                        "subject": "Test Subject",
                    },
                },
                "receipt": {
                    "timestamp": "2026-09-01T22:37:57.000Z",
                    "processingTimeMillis": 432,
                    "recipients": ["recipient at example.com"],
                    "spamVerdict": {"status": "PASS"},
                    "virusVerdict": {"status": "PASS"},
                    "action": {
                        "type": "Lambda",
                        "invocationType": "Event",
                        "functionArn": f"arn:aws:lambda:us-west-2:{_ACCOUNT}:function:Example",
                    },
                },
            },
        }
    ]
}

IOT: Final = {
    "topic": "devices/17/state",
    "timestamp": 1767323045123,
    "clientid": "device-17",
    "state": {
        "reported": {
            "sensors": [
                {"id": "t1", "readings": {"celsius": 21.5, "battery": {"volts": 3.1, "cells": [1, 2]}}}
            ]
        }
    },
    "metadata": {"reported": {"sensors": [{"readings": {"celsius": {"timestamp": 1767323045}}}]}},
}

STEP_FUNCTIONS: Final = {
    "Execution": {
        "Id": f"arn:aws:states:us-east-1:{_ACCOUNT}:execution:orders:7f",
        "Input": {"order": {"lines": [{"sku": {"code": {"vendor": "A", "number": 7}}}]}},
        "Name": "7f",
        "StartTime": "2026-03-26T20:14:13.192Z",
    },
    "State": {"EnteredTime": "2026-03-26T20:14:13.192Z", "Name": "Test", "RetryCount": 0},
    "StateMachine": {"Id": f"arn:aws:states:us-east-1:{_ACCOUNT}:stateMachine:orders", "Name": "orders"},
    "Task": {"Timer": 30},
    "Results": [{"Payload": {"items": [{"ok": True, "detail": {"reason": None}}]}, "StatusCode": 200}],
}

APPSYNC: Final = {
    "arguments": {
        "id": "my identifier",
        "input": {"lines": [{"product": {"id": 7, "tags": ["tea", "green"]}}]},
    },
    "identity": {
        "claims": {"sub": "uuid", "email_verified": True, "cognito:groups": ["buyers"]},
        "defaultAuthStrategy": "ALLOW",
        "groups": ["buyers"],
        "issuer": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_xxxxxxxxxxx",
        "sourceIp": ["10.0.0.1"],
        "username": "ana",
    },
    "source": None,
    "request": {
        "headers": {
            "x-forwarded-for": "1.1.1.1",
            "accept-encoding": "gzip",
            "content-type": "application/json",
        },
        "domainName": None,
    },
    "prev": {"result": {"order": {"state": "open"}}},
    "info": {
        "selectionSetList": ["id", "lines", "lines/product", "lines/product/id"],
        "selectionSetGraphQL": "{\n  id\n  lines { product { id } }\n}",
        "parentTypeName": "Query",
        "fieldName": "getOrder",
        "variables": {"id": "my identifier"},
    },
    "stash": {},
}

CLOUDWATCH_LOGS: Final = {
    "awslogs": {
        "data": "H4sIAAAAAAAAAHWPwQqCQBCGX0Xm7EFtK+smZBEUgXoLCdMhFtKV3akI8d0bLYmibvPPN3wz00CJxmQnTO41whwWQRIctmEcB6sQbFC3CjW3XW8kxpOpP+OC22d1Wml1qZkQGtoMsScxaczKN3plG8zlaHIta5KqWsozoTYw3/djzwhpLwivWFGHGpAFe7DL68JlBUk+l7KSN7tCOEJ4M3/qOI49vMHj+zCKdlFqLaU2ZHV2a4Ct/an0/ivdX8oYc1UVX860fQDQiMdxRQEAAA=="
    }
}

EVENTS: Final[dict[str, Any]] = {
    "S3": S3, "SNS": SNS, "SQS": SQS, "DynamoDB": DYNAMODB, "Kinesis": KINESIS, "Firehose": FIREHOSE, "EventBridge": EVENTBRIDGE,
    "API Gateway v1": API_GATEWAY_V1, "API Gateway v2": API_GATEWAY_V2, "WebSocket": WEBSOCKET, "ALB": ALB, "Cognito": COGNITO,
    "CloudFront": CLOUDFRONT, "SES": SES, "IoT": IOT, "Step Functions": STEP_FUNCTIONS, "AppSync": APPSYNC, "CloudWatch Logs": CLOUDWATCH_LOGS,
}  # fmt: skip
