# A function with hotlog's layer; its code knows nothing of it.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "hotlog_layer" {
  description = "The ARN that `hotlog layer publish` prints."
  type        = string
}

variable "package" {
  description = "Path of the function's zip file."
  type        = string
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_lambda_function" "orders" {
  function_name    = "orders"
  runtime          = "python3.13"
  handler          = "app.handler"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  role             = aws_iam_role.orders.arn
  layers           = [var.hotlog_layer]

  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/hotlog-exec"
    }
  }
}

resource "aws_iam_role" "orders" {
  name = "orders"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "log" {
  role       = aws_iam_role.orders.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "hotlog" {
  name = "hotlog"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameter", Resource = "arn:${data.aws_partition.current.partition}:ssm:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:parameter/hotlog/orders" },
    ]
  })
}
