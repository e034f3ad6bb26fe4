-- The lake as an external stage, through the storage integration that holds the trust with AWS.
CREATE STAGE IF NOT EXISTS {{ database }}.RAW.S3_RAW_STAGE
    URL = 's3://{{ bucket }}/raw/'
    STORAGE_INTEGRATION = S3_INTEGRATION
    COMMENT = 'raw/ of the data lake';
