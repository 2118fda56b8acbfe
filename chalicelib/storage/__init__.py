"""DynamoDB, S3 and SSM, and nobody else knows them."""
