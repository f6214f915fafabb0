import Build
import Figures
import Findings
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// Readers of traces, summaries, pictures and conditions.
extension FuzzReader {
  static let numbers = [
    FuzzReader(
      name: "trace", form: .text(traceWords),
      read: { input in
        for trace in try Trace.readAll(input.bytes, path: "t.json") {
          _ = (TraceCheck.problems(of: trace), TraceCheck.summary(of: trace), try trace.jsonData())
          _ = GalleryFindings([.init(subject: "a", model: "A", numbers: .trace(trace))])
        }
      }),
    FuzzReader(
      name: "summary", form: .text(traceWords),
      read: { input in
        let summary = try DatasetSummary.read(input.bytes, path: "d.json")
        _ = (summary.csv(), summary.wordsCSV(), try summary.jsonData())
        // Beside itself it is compared item by item.
        _ = GalleryFindings(["A", "B"].map { .init(subject: "a", model: $0, numbers: .summary(summary)) })
      }),
    FuzzReader(
      name: "figure", form: .text(traceWords), seeds: ["fuzz/trace/*.json", "fuzz/summary/*"],
      read: { input in
        let isSummary = input.seed.lastPathComponent.hasPrefix("summary")
        let numbers: Numbers =
          isSummary
          ? .summary(try DatasetSummary.read(input.bytes, path: "d.json"))
          : .trace(try Trace.read(input.bytes, path: "t.json"))
        let job = DrawJob(figures: FigureRecipes(), vocabulary: vocabulary)
        let kinds = vocabulary.kinds.map(\.name).filter {
          !isSummary || job.showsBoth($0) || job.showsDatasetsAlone($0)
        }
        // The kind depends on the bytes, so that a kept input shows the same fault again.
        let kind = kinds[Int(input.bytes.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }) % max(1, kinds.count)]
        _ = try job.draw(
          [numbers], kind: kind, assignments: [], style: FigureStyle(), outputs: ["x.svg", "x.csv", "x.tex"])
      }),
    FuzzReader(
      name: "numbers-folder", form: .text(traceWords), seeds: ["fuzz/trace/*", "fuzz/summary/*"],
      read: { input in
        _ = try NumbersFolder("n", at: try input.file("numbers/a.\(input.ending)").deletingLastPathComponent())
      }),
    FuzzReader(
      name: "shard",
      form: .text(traceWords + ["strata.shard/1", "strata.cell/1", "key", "subject", "item", "problems"]),
      read: { input in
        _ = try NumbersFolder(
          "s", at: try input.write(sealed(input.bytes), "shards/a.jsonl").deletingLastPathComponent())
      }),
    FuzzReader(
      name: "picture", form: .bytes, seeds: ["snapshots/*.png"],
      read: { input in
        let whole = try Data(contentsOf: input.seed)
        let other = whole.count < 40_000 ? whole : Fixtures.data("snapshots/figure-lens-grid.png")
        do {
          _ = try PictureComparison(input.bytes, other, tolerance: 1).tiles.count
        } catch {
          // As FileDiff does.
          throw Diagnostic(Diagnostic.one(from: error).message, category: .badInput)
        }
      }),
    FuzzReader(
      name: "condition", form: .text(FindingField.all.map(\.name) + ["and", "<=", "!=", "of", "at", "\"", "%"]),
      read: { input in
        for condition in try FindingCondition.read(input.text) { _ = try condition.check(findings) }
      }),
    FuzzReader(
      name: "findings-file", form: .text(traceWords),
      read: { input in
        let folder = try input.file("gallery/findings.json").deletingLastPathComponent()
        _ = FindingsFile(in: folder)
      }),
  ]

  /// A damaged shard whose first line has the digest and the number of the lines that follow: what changes both passes that check.
  private static func sealed(_ bytes: Data) -> Data {
    guard let end = bytes.firstIndex(of: 0x0A),
      var head = (try? JSONSerialization.jsonObject(with: bytes[..<end])) as? [String: Any]
    else { return bytes }
    let rest = bytes[(end + 1)...]
    head["cells"] = rest.split(separator: 0x0A).count
    head["sha256"] = SHA256.hex(of: rest)
    guard let line = try? JSONSerialization.data(withJSONObject: head) else { return bytes }
    return line + [0x0A] + rest
  }

  static let vocabulary = SpecVocabulary.current(catalog: ModelCatalog(models: []))

  /// What a whole trace shows.
  private static let findings: GalleryFindings = {
    let traces = Fixtures.files("fuzz/trace/*").compactMap { file in
      (try? Data(contentsOf: file)).flatMap { try? Trace.read($0, path: file.path) }
    }
    return GalleryFindings(
      traces.enumerated().map {
        .init(subject: "p\($0.offset)", model: $0.element.model.name, numbers: .trace($0.element))
      })
  }()

  private static let traceWords = [
    "schema", "strata.trace/1", "strata.trace/9", "tokens", "rows", "columns", "rank", "logprob", "top", "ids", "texts",
    "watch",
    "entropy", "kl", "target", "position", "layer", "point", "block", "embedding", "bytes", "text", "prompt",
    "attribution",
    "patching", "conversation", "spans", "set", "estimate", "low", "high", "groups", "items", "encoder", "lens",
    "jacobian", "strata.dataset/3", "form", "score", "right", "pairs", "words", "surprisal", "corpus",
  ]
}
