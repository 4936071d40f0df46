"""One adapter for each kind of foreign render service. They know no permits: `gpu_client` redeems before it sends.

Pure. What may leave is written out in each adapter and nothing else ever does; see docs/design/dialects.md.
"""
