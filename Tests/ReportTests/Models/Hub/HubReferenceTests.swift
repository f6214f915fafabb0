import Foundation
import TestSupport
import Testing

@testable import Models
@testable import Words

@Suite struct HubReferenceTests {
  @Test(arguments: [
    ("openai-community/gpt2", HubReference(repository: "openai-community/gpt2")),
    ("org/name@v1.0", HubReference(repository: "org/name", revision: "v1.0")),
    ("org/name@refs/pr/3", HubReference(repository: "org/name", revision: "refs/pr/3")),
    ("org/name:Q8_0", HubReference(repository: "org/name", quantization: "Q8_0")),
    ("org/name@main:Q4_K_M", HubReference(repository: "org/name", revision: "main", quantization: "Q4_K_M")),
  ])
  func aNameIsReadAndWrittenBack(text: String, reference: HubReference) {
    #expect(HubReference.parse(text) == reference)
    #expect(reference.text == text)
  }

  @Test(arguments: [
    "org", "org/", "/name", "a/b/c", "org/na me", "org/..", "../name", "org/name@", "org/name@../../x", "org/name:",
    "org/name@a//b", "org/-name", "org/.name", "org/name\0", "org/näme", "org/name?x=1", "org/name#x",
  ])
  func whatWouldLeadElsewhereIsNoName(text: String) { #expect(HubReference.parse(text) == nil) }

  @Test(arguments: [
    "../x.gguf", "a/../../x.gguf", "/etc/x.gguf", "a//x.gguf", "./x.gguf", "a/./x", "", "a\0.gguf", "a\nb",
  ])
  func pathsThatLeadOutOfARepositoryAreLeftOut(path: String) {
    #expect(!HubCache.isInner(path))
    let listing = HubClient.Listing(sha: "", siblings: [.init(rfilename: path), .init(rfilename: "sub/m-Q8_0.gguf")])
    #expect(listing.paths == ["sub/m-Q8_0.gguf"])
  }

  @Test func theArticlesNamesAreFound() throws {
    for name in ["distilgpt2", "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"] {
      guard case .success(.hub(let reference)) = ModelReference.parse(name, catalog: ["smollm2-135m"]) else {
        Issue.record("\(name) is not read as a model on the hub")
        continue
      }
      #expect(reference.repository.hasSuffix("/\(name)"))
    }
    #expect(HubReference.alias("gpt2@v1") == HubReference(repository: "openai-community/gpt2", revision: "v1"))
  }

  @Test func filesAreChosenAsTheirReadersNeedThem() throws {
    let whole = [
      "README.md", "config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin", "onnx/model.onnx",
    ]
    let reference = HubReference(repository: "org/name")
    #expect(
      try HubSelection(whole, for: reference).files == [
        "config.json", "tokenizer.json", "README.md", "model.safetensors",
      ])
    let sharded = [
      "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      "model.safetensors.index.json", "tokenizer.json",
    ]
    #expect(try HubSelection(sharded, for: reference).files.filter { $0.hasPrefix("model") }.count == 3)
    #expect(throws: Diagnostic.self) { try HubSelection(sharded.filter { !$0.contains("00002-of") }, for: reference) }
    #expect(throws: Diagnostic.self) { try HubSelection(sharded.filter { !$0.contains("index") }, for: reference) }
    // Without safetensors, what PyTorch wrote; before GGUF, which is often a quantization.
    let pickled = ["README.md", "config.json", "pytorch_model.bin", "tokenizer.model", "m-Q8_0.gguf"]
    #expect(
      try HubSelection(pickled, for: reference).files == [
        "config.json", "tokenizer.model", "README.md", "pytorch_model.bin",
      ])
    let parts = [
      "config.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
      "pytorch_model.bin.index.json",
      "tokenizer.json", "tokenizer.model",
    ]
    #expect(
      try HubSelection(parts, for: reference).files == [
        "config.json", "tokenizer.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
        "pytorch_model.bin.index.json",
      ])
    #expect(throws: Diagnostic.self) { try HubSelection(parts.filter { !$0.contains("00002-of") }, for: reference) }
  }

  @Test func allPartsOfAQuantizationAreTaken() throws {
    let names = [
      "README.md", "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf", "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf",
      "BF16/m-00001-of-00003.gguf",
      "BF16/m-00002-of-00003.gguf", "BF16/m-00003-of-00003.gguf", "mmproj-F16.gguf",
    ]
    func select(_ quantization: String?, _ names: [String]) throws -> HubSelection {
      try HubSelection(names, for: HubReference(repository: "org/name", quantization: quantization))
    }
    for quantization in [nil, "Q4_K_M", "q4_k_m"] {
      let found = try select(quantization, names)
      #expect(found.gguf == names[1] && found.files == Array(names[..<3]))
    }
    #expect(try select("BF16", names).files == ["README.md"] + names[3...5])
    let error = #expect(throws: Diagnostic.self) { try select("BF16", names.filter { $0 != names[4] }) }
    #expect(error?.message == "the repository has this quantization in 3 parts, but '\(names[4])' is missing")
    let unknown = #expect(throws: Diagnostic.self) { try select("Q2_K", names) }
    #expect(unknown?.hints == ["known quantizations: BF16, Q4_K_M"])
  }

  @Test(arguments: [
    ("Q8_0", "m-Q8_0.gguf"), ("q8_0", "m-Q8_0.gguf"), ("Q4_K_M", "m.Q4_K_M.gguf"), ("F16", "sub/m-f16.gguf"),
    (nil, "m.Q4_K_M.gguf"),
  ])
  func aQuantizationIsFoundInNames(quantization: String?, file: String) throws {
    let names = ["mmproj-m-Q8_0.gguf", "m-Q8_0.gguf", "m.Q4_K_M.gguf", "m.Q4_K_S.gguf", "sub/m-f16.gguf"]
    let reference = HubReference(repository: "org/name", quantization: quantization)
    #expect(try HubSelection(names, for: reference).gguf == file)
  }

  @Test func whatIsNotThereIsAnsweredWithWhatIs() throws {
    func message(_ names: [String], _ quantization: String? = nil) throws -> String {
      let reference = HubReference(repository: "org/name", quantization: quantization)
      do {
        _ = try HubSelection(names, for: reference)
        return "none"
      } catch { return error.rendered }
    }
    #expect(
      try message(["m-Q8_0.gguf", "m-Q4_K_M.gguf"], "Q4_K")
        == "error: org/name:Q4_K: the repository has no GGUF file of the quantization 'Q4_K'\n"
        + "  hint: known quantizations: Q4_K_M, Q8_0")
    #expect(try message(["pytorch_model.bin"]).contains("GGUF files, but weights for PyTorch\n"))
    #expect(
      try message(["tf_model.h5", "flax_model.msgpack", "config.json"]).contains(
        "but weights for TensorFlow and Flax\n"))
    #expect(try message(["a.txt"]).contains("files there: a.txt"))
    #expect(
      try message(["m-Q8_0-00001-of-00003.gguf"]).contains("in 3 parts, but 'm-Q8_0-00002-of-00003.gguf' is"))
  }

  @Test(arguments: [
    ("https://huggingface.co", "https://huggingface.co"), ("http://user:secret@host:80/x", "http://host:80/x"),
    ("https://a:b@c@host/", "https://host"), ("https://host/a@b", "https://host/a@b"),
  ]) func noMessageShowsAPasswordOfTheAddress(endpoint: String, shown: String) {
    #expect(HubSettings(environment: ["HOME": "/h", "HF_ENDPOINT": endpoint]).shownEndpoint == shown)
  }

  @Test func theEnvironmentDecidesAsItDoesForOthers() {
    let plain = HubSettings(environment: ["HOME": "/h"])
    #expect(plain.endpoint == "https://huggingface.co")
    #expect(plain.cache.path == "/h/.cache/huggingface/hub")
    let xdg = HubSettings(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/x"])
    #expect(xdg.cache.path == "/x/huggingface/hub")
    let home = HubSettings(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "~/f"])
    #expect(home.cache.path == "/h/f/hub")
    let all = HubSettings(environment: [
      "HOME": "/h", "HF_HOME": "/f", "HF_HUB_CACHE": "/c", "HF_ENDPOINT": "https://mirror.example//",
      "HF_TOKEN": " t\n",
      "HF_HUB_OFFLINE": "yes",
    ])
    #expect((all.cache.path, all.endpoint, all.token) == ("/c", "https://mirror.example", "t"))
    #expect(all.isOffline)
    #expect(HubSettings(environment: ["HOME": "/h", "HF_TOKEN": "a\r\nX: y"]).token == nil, "no header of its own")
    for (endpoint, isExposed) in [
      ("http://mirror.example", true), ("HTTP://10.0.0.7:8080", true), ("http://127.evil.example", true),
      ("http://localhost.example", true), ("https://mirror.example", false), ("http://127.0.0.1:9", false),
      ("http://[::1]:9", false), ("http://localhost:9/", false),
    ] {
      let environment = ["HOME": "/h", "HF_TOKEN": "hf_x", "HF_ENDPOINT": endpoint]
      #expect(HubSettings(environment: environment).exposesToken == isExposed, "\(endpoint)")
      #expect(!HubSettings(environment: environment.merging(["STRATA_ALLOW_HTTP_TOKEN": "1"]) { $1 }).exposesToken)
      #expect(!HubSettings(environment: environment.filter { $0.key != "HF_TOKEN" }).exposesToken)
    }
  }

  @Test func aLicenceIsReadFromTheHeadOfTheReadme() throws {
    try withTemporaryFolder { folder throws -> Void in
      let file = folder.appending(path: "README.md")
      func license(_ text: String) throws -> String? {
        try Data(text.utf8).write(to: file)
        return HubStore.license(in: file)
      }
      #expect(try license("---\nlicense: apache-2.0\ntags: [a]\n---\ntext") == "apache-2.0")
      #expect(try license("---\nlicense: other\nlicense_name: \"gemma\"\n---\n") == "gemma")
      #expect(try license("# Title\nlicense: mit\n") == nil)
    }
  }

  @Test func aModelOfOllamaIsReadFromItsStore() throws {
    try withTemporaryFolder { folder in
      let hex = String(repeating: "ab", count: 32)
      let manifest = """
        {"layers": [{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:00"},
         {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:\(hex)"}]}
        """
      for path in ["library/tiny/latest", "library/tiny/1b", "me/own/latest"] {
        let file = folder.appending(path: "manifests/registry.ollama.ai/\(path)")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(manifest.utf8).write(to: file)
      }
      let store = OllamaStore(environment: ["OLLAMA_MODELS": folder.path])
      for name in ["tiny", "tiny:latest", "tiny:1b", "me/own"] {
        let found = try store.locate(name)
        #expect(found.sha256 == hex)
        #expect(found.url.path == folder.path + "/blobs/sha256-\(hex)")
      }
      #expect(throws: Diagnostic.self) { try store.locate("other") }
      try Data("{}".utf8).write(to: folder.appending(path: "manifests/registry.ollama.ai/library/tiny/latest"))
      #expect(throws: Diagnostic.self) { try store.locate("tiny") }
    }
    for text in ["ollama:", "ollama:a:b:c", "ollama:../x", "ollama:a//b"] {
      guard case .failure = ModelReference.parse(text, catalog: []) else {
        Issue.record("\(text) is read")
        continue
      }
    }
  }
}
