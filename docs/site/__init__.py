"""The course as a site: pages assembled from what was executed, then built by Sphinx into build/site."""
