"""What a grant is in other people's vocabularies: ODRL 2.2, a consent record (DPV), a verifiable credential.

Pure. Each module maps values to a document and nothing else; loading and signing belong to `consent.exporting`, the
doors to `consent.api.exports`. docs/design/exports.md has the table of fields and what could not be verified.
"""
