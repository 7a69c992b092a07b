/// The description of the API (OpenAPI 3.1), from which clients and tests are made.
///
/// Formats of its own, beyond those of JSON Schema: `ip-prefix` and `port-range`, as the descriptions say.
enum OpenAPI {
    static func document(version: String) -> String {
        #"""
        {
         "openapi": "3.1.0",
         "info": {
          "title": "telegen-sonic",
          "version": "\#(version)",
          "summary": "Traffic telemetry for SONiC: one row counts every packet of a port.",
          "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
         },
         "security": [{}, {"token": []}],
         "paths": {
          "/jobs": {
           "get": {
            "operationId": "list_jobs",
            "summary": "All jobs.",
            "parameters": [
             {
              "name": "state",
              "in": "query",
              "description": "Only jobs in this state; may be repeated.",
              "schema": {"type": "array", "items": {"$ref": "#/components/schemas/State"}}
             },
             {"$ref": "#/components/parameters/IfNoneMatch"}
            ],
            "responses": {
             "200": {
              "description": "The jobs.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {
               "application/json": {
                "schema": {
                 "type": "object",
                 "required": ["jobs"],
                 "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}
                }
               }
              }
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "400": {"$ref": "#/components/responses/Bad"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/jobs/start": {
           "post": {
            "operationId": "start_jobs",
            "summary": "Starts a job, and waits a second at most for its first status.",
            "parameters": [
             {
              "name": "Idempotency-Key",
              "in": "header",
              "description": "Sent again with it, the request makes no second job and is answered the same.",
              "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"}
             }
            ],
            "requestBody": {
             "required": true,
             "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}
            },
            "responses": {
             "201": {
              "description": "The job's row is made.",
              "headers": {"Location": {"schema": {"type": "string"}}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Started"}}}
             },
             "400": {"$ref": "#/components/responses/Bad"},
             "409": {
              "description": "There is a job of that name, or another one by this Idempotency-Key.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "413": {
              "description": "The body has more than 64 KiB.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "415": {"$ref": "#/components/responses/NotJSON"},
             "429": {
              "description": "As many jobs are up as max_jobs allows: concurrency_limit. Or too many requests: rate_limit.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/jobs/{job}": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "get": {
            "operationId": "show_jobs",
            "summary": "One job.",
            "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}],
            "responses": {
             "200": {
              "description": "The job.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           },
           "delete": {
            "operationId": "delete_jobs",
            "summary": "Removes a job's row, and with it its numbers.",
            "responses": {
             "200": {"$ref": "#/components/responses/Stopped"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/jobs/{job}/stop": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "post": {
            "operationId": "stop_jobs",
            "summary": "Stops a job, which stays readable.",
            "responses": {
             "200": {"$ref": "#/components/responses/Stopped"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "415": {"$ref": "#/components/responses/NotJSON"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/jobs/{job}/results": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "get": {
            "operationId": "results_jobs",
            "summary": "What a job has measured.",
            "parameters": [
             {"name": "format", "in": "query", "schema": {"type": "string", "enum": ["json"]}},
             {"$ref": "#/components/parameters/IfNoneMatch"}
            ],
            "responses": {
             "200": {
              "description": "Totals, sizes, flows.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Results"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "400": {"$ref": "#/components/responses/Bad"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/v1/monitor/jobs": {
           "get": {
            "operationId": "list_v1_monitor_jobs",
            "summary": "All jobs.",
            "parameters": [
             {
              "name": "state",
              "in": "query",
              "description": "Only jobs in this state; may be repeated.",
              "schema": {"type": "array", "items": {"$ref": "#/components/schemas/State"}}
             },
             {"$ref": "#/components/parameters/IfNoneMatch"}
            ],
            "responses": {
             "200": {
              "description": "The jobs.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {
               "application/json": {
                "schema": {
                 "type": "object",
                 "required": ["jobs"],
                 "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}
                }
               }
              }
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "400": {"$ref": "#/components/responses/Bad"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           },
           "post": {
            "operationId": "start_v1_monitor_jobs",
            "summary": "Starts a job, and waits a second at most for its first status.",
            "parameters": [
             {
              "name": "Idempotency-Key",
              "in": "header",
              "description": "Sent again with it, the request makes no second job and is answered the same.",
              "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"}
             }
            ],
            "requestBody": {
             "required": true,
             "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}
            },
            "responses": {
             "201": {
              "description": "The job's row is made.",
              "headers": {"Location": {"schema": {"type": "string"}}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Started"}}}
             },
             "400": {"$ref": "#/components/responses/Bad"},
             "409": {
              "description": "There is a job of that name, or another one by this Idempotency-Key.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "413": {
              "description": "The body has more than 64 KiB.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "415": {"$ref": "#/components/responses/NotJSON"},
             "429": {
              "description": "As many jobs are up as max_jobs allows: concurrency_limit. Or too many requests: rate_limit.",
              "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
             },
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/v1/monitor/jobs/{job}": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "get": {
            "operationId": "show_v1_monitor_jobs",
            "summary": "One job.",
            "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}],
            "responses": {
             "200": {
              "description": "The job.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           },
           "delete": {
            "operationId": "delete_v1_monitor_jobs",
            "summary": "Removes a job's row, and with it its numbers.",
            "responses": {
             "200": {"$ref": "#/components/responses/Stopped"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/v1/monitor/jobs/{job}/stop": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "post": {
            "operationId": "stop_v1_monitor_jobs",
            "summary": "Stops a job, which stays readable.",
            "responses": {
             "200": {"$ref": "#/components/responses/Stopped"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "415": {"$ref": "#/components/responses/NotJSON"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/v1/monitor/jobs/{job}/results": {
           "parameters": [{"$ref": "#/components/parameters/Job"}],
           "get": {
            "operationId": "results_v1_monitor_jobs",
            "summary": "What a job has measured.",
            "parameters": [
             {"name": "format", "in": "query", "schema": {"type": "string", "enum": ["json"]}},
             {"$ref": "#/components/parameters/IfNoneMatch"}
            ],
            "responses": {
             "200": {
              "description": "Totals, sizes, flows.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Results"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "400": {"$ref": "#/components/responses/Bad"},
             "404": {"$ref": "#/components/responses/NoJob"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/jobs/events": {
           "get": {
            "operationId": "events_jobs",
            "summary": "Changes of jobs, as server-sent events.",
            "description": "hello says the role; job is a job that is there or has changed, as GET /jobs/{job} answers it; removed; problem, whose message is null when it is over. The stream ends after five minutes: ask again.",
            "responses": {
             "200": {"description": "The events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "400": {"$ref": "#/components/responses/Bad"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/": {
           "get": {
            "operationId": "page",
            "summary": "A page for people.",
            "security": [{}],
            "parameters": [
             {"name": "job", "in": "query", "description": "The job that is looked at.", "schema": {"type": "string"}}
            ],
            "responses": {
             "200": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "404": {"description": "There is no such job.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "503": {"description": "The database is away.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "400": {"$ref": "#/components/responses/Bad"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/healthz": {
           "get": {
            "operationId": "health",
            "summary": "The process is up.",
            "responses": {
             "200": {
              "description": "The process is up.",
              "content": {
               "application/json": {
                "schema": {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
               }
              }
             },
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/readyz": {
           "get": {
            "operationId": "ready",
            "summary": "The agent reaches its databases, and counts.",
            "responses": {
             "200": {
              "description": "The agent reaches its databases, and counts.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
             },
             "503": {
              "description": "It does not: problems says why.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
             },
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/agent": {
           "get": {
            "operationId": "agent",
            "summary": "What the agent says of itself: TELEGEN_AGENT_TABLE|global of STATE_DB; empty when there is none.",
            "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}],
            "responses": {
             "200": {
              "description": "The row's fields.",
              "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
              "content": {
               "application/json": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}
              }
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"},
             "503": {"$ref": "#/components/responses/Away"}
            }
           }
          },
          "/version": {
           "get": {
            "operationId": "version",
            "summary": "What the program was built from.",
            "responses": {
             "200": {
              "description": "What the program was built from.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "object",
                 "required": ["version", "commit", "build_date"],
                 "properties": {
                  "version": {"type": "string"},
                  "commit": {"type": "string"},
                  "build_date": {"type": "string"}
                 }
                }
               }
              }
             },
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/metrics": {
           "get": {
            "operationId": "metrics",
            "summary": "What is measured, for Prometheus: the names and values of OTLP, translated.",
            "responses": {
             "200": {
              "description": "Text of the exposition format, version 0.0.4.",
              "content": {"text/plain": {"schema": {"type": "string"}}}
             },
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          },
          "/openapi.json": {
           "get": {
            "operationId": "openapi",
            "summary": "This document.",
            "responses": {
             "200": {
              "description": "This document.",
              "content": {"application/json": {"schema": {"type": "object"}}}
             },
             "429": {"$ref": "#/components/responses/TooManyRequests"},
             "401": {"$ref": "#/components/responses/Unauthorized"},
             "403": {"$ref": "#/components/responses/Forbidden"}
            }
           }
          }
         },
         "components": {
          "securitySchemes": {
           "token": {"type": "http", "scheme": "bearer", "description": "Where the agent has TELEGEN_TOKENS."}
          },
          "schemas": {
           "JobName": {"type": "string", "pattern": "^[a-zA-Z0-9][-a-zA-Z0-9_]{0,63}$"},
           "Netdev": {"type": "string", "pattern": "^(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,14}$"},
           "IPv4": {"type": "string", "format": "ipv4"},
           "Prefix": {
            "type": "string",
            "format": "ip-prefix",
            "description": "Of IPv4 or IPv6, such as 192.0.2.0/24; host bits are zero."
           },
           "Port": {
            "oneOf": [
             {"type": "integer", "minimum": 0, "maximum": 65535},
             {
              "type": "string",
              "pattern": "^(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
             },
             {"type": "string", "format": "port-range", "description": "Such as 1000-2000, the smaller one first."}
            ]
           },
           "VLAN": {
            "oneOf": [
             {"type": "integer", "minimum": 1, "maximum": 4094},
             {"type": "string", "pattern": "^([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-4])$"}
            ]
           },
           "DSCP": {
            "oneOf": [
             {"type": "integer", "minimum": 0, "maximum": 63},
             {"type": "string", "pattern": "^([0-9]|[1-5][0-9]|6[0-3])$"}
            ]
           },
           "Protocol": {
            "oneOf": [
             {"type": "integer", "minimum": 0, "maximum": 255},
             {"type": "string", "pattern": "^(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$"},
             {
              "enum": [
               "icmp",
               "igmp",
               "ipip",
               "tcp",
               "egp",
               "igp",
               "udp",
               "dccp",
               "ipv6",
               "rsvp",
               "gre",
               "esp",
               "ah",
               "icmpv6",
               "eigrp",
               "ospf",
               "etherip",
               "pim",
               "ipcomp",
               "vrrp",
               "l2tp",
               "isis",
               "sctp",
               "fc",
               "udplite",
               "mpls",
               "shim6",
               "rohc",
               "ethernet"
              ]
             }
            ]
           },
           "Detail": {"type": "string", "enum": ["summary", "flows", "bursts", "qos"]},
           "State": {
            "type": "string",
            "enum": [
             "starting",
             "running",
             "waiting",
             "degraded",
             "placeholder",
             "failed",
             "disabled",
             "expired",
             "rejected"
            ]
           },
           "Request": {
            "type": "object",
            "required": ["port"],
            "additionalProperties": false,
            "properties": {
             "job_id": {"description": "A UUID when it is not given.", "$ref": "#/components/schemas/JobName"},
             "port": {
              "description": "A port, PortChannel, or any network device.",
              "$ref": "#/components/schemas/Netdev"
             },
             "direction": {"type": "string", "enum": ["ingress", "egress", "both"], "default": "ingress"},
             "span_method": {
              "type": "string",
              "enum": ["span", "erspan", "erspan-sink", "asic", "placeholder"],
              "description": "The row's mirror_mode; span is none, asic needs sink_port."
             },
             "vlan": {
              "description": "Ids of the outermost tag.",
              "oneOf": [
               {"$ref": "#/components/schemas/VLAN"},
               {"type": "array", "items": {"$ref": "#/components/schemas/VLAN"}, "minItems": 1, "maxItems": 64}
              ]
             },
             "filters": {
              "type": "object",
              "additionalProperties": false,
              "description": "Within a member one value is enough, between members all are needed.",
              "properties": {
               "ip_proto": {
                "oneOf": [
                 {"$ref": "#/components/schemas/Protocol"},
                 {
                  "type": "array",
                  "items": {"$ref": "#/components/schemas/Protocol"},
                  "minItems": 1,
                  "maxItems": 64
                 }
                ]
               },
               "l4_sport": {
                "oneOf": [
                 {"$ref": "#/components/schemas/Port"},
                 {"type": "array", "items": {"$ref": "#/components/schemas/Port"}, "minItems": 1, "maxItems": 64}
                ]
               },
               "l4_dport": {
                "oneOf": [
                 {"$ref": "#/components/schemas/Port"},
                 {"type": "array", "items": {"$ref": "#/components/schemas/Port"}, "minItems": 1, "maxItems": 64}
                ]
               },
               "dscp": {
                "oneOf": [
                 {"$ref": "#/components/schemas/DSCP"},
                 {"type": "array", "items": {"$ref": "#/components/schemas/DSCP"}, "minItems": 1, "maxItems": 64}
                ]
               },
               "src_cidr": {
                "description": "Of the family of dst_cidr.",
                "oneOf": [
                 {"$ref": "#/components/schemas/Prefix"},
                 {"type": "array", "items": {"$ref": "#/components/schemas/Prefix"}, "minItems": 1, "maxItems": 1}
                ]
               },
               "dst_cidr": {
                "oneOf": [
                 {"$ref": "#/components/schemas/Prefix"},
                 {"type": "array", "items": {"$ref": "#/components/schemas/Prefix"}, "minItems": 1, "maxItems": 1}
                ]
               }
              }
             },
             "sample_rate": {
              "type": "integer",
              "minimum": 1,
              "maximum": 16777216,
              "default": 1,
              "description": "One packet in N is counted, as N."
             },
             "duration_sec": {
              "type": "integer",
              "minimum": 1,
              "maximum": 31536000,
              "description": "Becomes expires_at."
             },
             "otlp_export": {"type": "boolean", "default": true},
             "result_detail": {
              "description": "What is measured beyond packets, bytes and sizes; summary: nothing.",
              "oneOf": [
               {"$ref": "#/components/schemas/Detail"},
               {"type": "array", "items": {"$ref": "#/components/schemas/Detail"}, "minItems": 1, "maxItems": 4}
              ]
             },
             "top_flows": {"type": "integer", "minimum": 1, "maximum": 1024, "default": 16},
             "description": {
              "type": "string",
              "pattern": "^([ -~]{1,255}|[ -~\\u00a1-\\uff00]{1,80})$",
              "description": "At most 255 bytes of UTF-8 without control characters."
             },
             "erspan_key": {"type": "integer", "minimum": 0, "maximum": 1023, "default": 10},
             "erspan_ttl": {"type": "integer", "minimum": 1, "maximum": 255, "default": 64},
             "erspan_tos": {
              "type": "string",
              "pattern": "^(inherit|(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))$",
              "default": "inherit"
             },
             "erspan_ver": {"type": "integer", "enum": [1, 2], "default": 2},
             "erspan_truncate": {"type": "integer", "minimum": 64, "maximum": 9216},
             "erspan_pps": {"type": "integer", "minimum": 1, "maximum": 10000000, "default": 100000},
             "gre_type": {
              "oneOf": [
               {"type": "integer", "minimum": 0, "maximum": 65535},
               {"type": "string", "pattern": "^0x[0-9a-fA-F]{1,4}$"}
              ]
             },
             "erspan_remote": {
              "description": "As the next three and span_method asic only with TELEGEN_API_ALLOW=tunnel-ends.",
              "$ref": "#/components/schemas/IPv4"
             },
             "erspan_local": {"$ref": "#/components/schemas/IPv4"},
             "erspan_name": {"$ref": "#/components/schemas/Netdev"},
             "sink_port": {"$ref": "#/components/schemas/Netdev"}
            }
           },
           "Job": {
            "type": "object",
            "required": [
             "job_id",
             "status",
             "reason",
             "port",
             "direction",
             "interface",
             "mode",
             "started_at",
             "expires_at",
             "packets",
             "bytes"
            ],
            "properties": {
             "job_id": {"type": "string"},
             "status": {"$ref": "#/components/schemas/State"},
             "reason": {
              "type": "string",
              "description": "Empty exactly when running; else one sentence with the cause and the remedy."
             },
             "warnings": {"type": "array", "items": {"type": "string"}},
             "port": {"type": ["string", "null"]},
             "direction": {"type": "string"},
             "interface": {"type": ["string", "null"]},
             "mode": {"type": ["string", "null"]},
             "sample_rate": {"type": ["integer", "null"]},
             "started_at": {"type": ["string", "null"]},
             "ended_at": {"type": ["string", "null"]},
             "expires_at": {"type": ["string", "null"]},
             "packets": {"type": "integer"},
             "bytes": {"type": "integer"},
             "pps": {"type": "integer", "description": "Packets per second."},
             "bps": {"type": "integer", "description": "Bits per second."},
             "origin": {"type": ["string", "null"]}
            }
           },
           "Flow": {
            "type": "object",
            "properties": {
             "5tuple": {"type": "string"},
             "five_tuple": {"type": "string"},
             "source": {"type": "string"},
             "destination": {"type": "string"},
             "proto": {"type": "string"},
             "source_port": {"type": ["integer", "null"]},
             "destination_port": {"type": ["integer", "null"]},
             "direction": {"type": "string"},
             "pkts": {"type": "integer"},
             "bytes": {"type": "integer"},
             "error_pkts": {"type": "integer"},
             "error_bytes": {"type": "integer"},
             "first_seen": {"type": "string"},
             "last_seen": {"type": "string"}
            }
           },
           "Results": {
            "type": "object",
            "required": [
             "job_id",
             "status",
             "window_sec",
             "packets_total",
             "bytes_total",
             "errors",
             "top_flows",
             "latency_histogram_ns",
             "sizes",
             "otel_export"
            ],
            "properties": {
             "job_id": {"type": "string"},
             "status": {"$ref": "#/components/schemas/State"},
             "window_sec": {"type": "integer"},
             "packets_total": {"type": "integer"},
             "bytes_total": {"type": "integer"},
             "sample_rate": {"type": ["integer", "null"]},
             "errors": {"type": "object", "additionalProperties": {"type": "integer"}},
             "top_flows": {"type": "array", "items": {"$ref": "#/components/schemas/Flow"}},
             "latency_histogram_ns": {"type": "null", "description": "Not measured."},
             "sizes": {"type": "object", "description": "By direction and class."},
             "details": {
              "type": "object",
              "description": "By direction: what the job's detail adds, as TELEGEN_STATS_TABLE names it."
             },
             "otel_export": {
              "type": "object",
              "properties": {
               "exported": {"type": "boolean"},
               "endpoint": {"type": ["string", "null"]},
               "status": {"type": ["string", "null"]}
              }
             }
            }
           },
           "Started": {
            "type": "object",
            "required": ["job_id", "status", "interface"],
            "properties": {
             "job_id": {"type": "string"},
             "status": {"const": "starting"},
             "interface": {"type": "string"}
            }
           },
           "Readiness": {
            "type": "object",
            "required": ["status", "problems"],
            "properties": {
             "status": {"enum": ["ready", "not ready"]},
             "problems": {"type": "object", "additionalProperties": {"type": "string"}},
             "database": {"type": ["string", "null"]},
             "heartbeat": {"type": ["string", "null"]}
            }
           },
           "Problem": {
            "type": "object",
            "description": "RFC 9457.",
            "required": ["type", "title", "status", "detail", "error", "message"],
            "properties": {
             "type": {"type": "string"},
             "title": {"type": "string"},
             "status": {"type": "integer"},
             "detail": {"type": "string"},
             "error": {"type": "string"},
             "message": {"type": "string"}
            }
           }
          },
          "parameters": {
           "Job": {
            "name": "job",
            "in": "path",
            "required": true,
            "description": "The job's name.",
            "schema": {"$ref": "#/components/schemas/JobName"}
           },
           "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "An ETag that the client has.",
            "schema": {"type": "string"}
           }
          },
          "headers": {"ETag": {"description": "Of this answer.", "schema": {"type": "string"}}},
          "responses": {
           "Stopped": {
            "description": "The job has stopped.",
            "content": {
             "application/json": {
              "schema": {
               "type": "object",
               "required": ["job_id", "status"],
               "properties": {"job_id": {"type": "string"}, "status": {"const": "stopped"}}
              }
             }
            }
           },
           "NotModified": {"description": "The client has it."},
           "Bad": {
            "description": "What was sent is wrong; message says what.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "NoJob": {
            "description": "There is no such job.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "Unauthorized": {
            "description": "A token is needed.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "TooManyRequests": {
            "description": "Too many requests: rate_limit.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "Forbidden": {
            "description": "Whoever asks may not.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "NotJSON": {
            "description": "The body is not said to be JSON.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           },
           "Away": {
            "description": "The database is away.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
           }
          }
         }
        }
        """#
    }
}
