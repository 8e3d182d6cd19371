from fastapi.responses import JSONResponse


class SchemaResponse(JSONResponse):
    """A JSON Schema."""

    media_type = "application/schema+json"
