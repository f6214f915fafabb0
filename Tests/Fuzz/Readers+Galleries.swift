import Build
import Files
import Foundation
import Gallery
import Models
import Spec
import Traces
import Words

/// Readers of what galleries, caches and hubs hold.
extension FuzzReader {
  static let galleries = [
    FuzzReader(
      name: "manifest", form: .text(["path", "bytes", "sha256", "../", "/etc/passwd", "figures", "files", "svg"]),
      read: { input in
        guard let manifest = try? JSONDecoder().decode(GalleryManifest.self, from: input.bytes) else { return }
        // A manifest that does not fit its folder is a fault of the program where the program wrote it; here it is the input's.
        try? manifest.check(in: input.folder)
        _ = (manifest.figures.count, manifest.prompts.count)
      }),
    FuzzReader(
      name: "build-record", form: .text(["files", "../", "figures", "pages", "key", "path", "strata.build/1"]),
      read: { input in
        let folder = try input.file("out/.strata/build.json").deletingLastPathComponent().deletingLastPathComponent()
        _ = BuildRecord.read(in: folder, known: nil)
        _ = BuildRecord.read(in: folder, known: SHA256.hex(of: input.bytes))
      }),
    FuzzReader(name: "build-stamp", form: .text(["strata.stamp/1"]), read: { _ = BuildStamp($0.bytes) }),
    FuzzReader(
      name: "committed-traces",
      form: .text(["traces", "models", "sha256", "files", "reference", "../", "strata.traces/1"]),
      read: { input in
        let base = try input.file("committed/s.traces/index.json").deletingLastPathComponent()
          .deletingLastPathComponent()
        let traces = try CommittedTraces(words, base: base, jobs: [])
        for cell in try Plan(words).cells { _ = try traces.numbers(of: cell, in: words) }
      }),
    FuzzReader(name: "sealed-file", form: .bytes, read: { _ = SealedFile.read(try $0.file("sealed.json")) }),
    FuzzReader(
      name: "hub-listing", form: .text(["sha", "siblings", "rfilename", "../", "model.safetensors", "a-Q4_K_M.gguf"]),
      read: { input in
        guard let listing = try? JSONDecoder().decode(HubClient.Listing.self, from: input.bytes) else { return }
        for quantization in [nil, "Q8_0"] {
          _ = try? HubSelection(listing.paths, for: HubReference(repository: "a/b", quantization: quantization))
        }
      }),
    FuzzReader(
      name: "catalog", form: .text(["name", "file", "bytes", "sha256", "parts", "../", "strata.catalog/1"]),
      read: { _ = try ModelCatalog(environment: ["STRATA_CATALOG": try $0.file("catalog.json").path]) }),
    FuzzReader(
      name: "ollama-manifest", form: .text(["layers", "mediaType", "digest", "application/vnd.ollama.image.model"]),
      read: { input in
        _ = try input.file("ollama/manifests/registry.ollama.ai/library/a/latest")
        _ = try OllamaStore(environment: ["OLLAMA_MODELS": input.folder.appending(path: "ollama").path]).locate("a")
      }),
  ]

  /// A spec that commits its traces.
  private static let words: ReportSpec = {
    let yaml = "models: {A: ./a.gguf}\nprompts: [{id: cat, text: the cat}]\nfigures: [top-tokens]\ntraces: commit\n"
    guard let spec = try? SpecReader.read(Data(yaml.utf8), name: "s.yaml", vocabulary: vocabulary) else {
      preconditionFailure("a spec of the fuzzer's own cannot be read: \(yaml)")
    }
    return spec
  }()

  /// Every reader of data from outside.
  static let all = numbers + texts + galleries + models
}
