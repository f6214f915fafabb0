rule gallery:
    input:
        spec=SPEC,
        shards=all_shards,
    output:
        manifest=GALLERY / "manifest.json",
    log:
        RESULTS / "logs" / "gallery.log",
    benchmark:
        RESULTS / "benchmarks" / "gallery.tsv"
    conda:
        "../envs/strata.yaml"
    threads: config["threads"]
    params:
        strata=config["strata"],
        shards=SHARDS,
        out=RESULTS / "gallery",
        keep_going=KEEP_GOING,
        allowed=ALLOWED,
    shell:
        "{params.strata} build {input.spec:q} --traces {params.shards:q} -o {params.out:q} --threads {threads}"
        " {params.keep_going} > {log:q} 2>&1 || [ $? -le {params.allowed} ]"
