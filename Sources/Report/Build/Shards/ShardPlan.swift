import Engine
import Figures
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// What running a spec takes: models, cells, bytes, and estimates of memory and time, without a run.
public struct ShardPlan: Encodable, Equatable, Sendable {
  /// "strata.plan/1".
  public var schema = "strata.plan/1"
  /// Name of the spec.
  public var spec: String
  /// Minutes that a shard should take.
  public var minutes: Int
  /// Threads of a shard.
  public var threads: Int
  /// Files that the spec names beside models, relative to it; a change of one changes what is asked.
  public var inputs: [String]
  /// In the order of the spec; models whose numbers are given are left out.
  public var models: [Model]
  /// Names of the models whose numbers are given; only the table has them.
  public var given: [String] = []
  /// The path of the spec, for commands.
  var path = "SPEC"

  enum CodingKeys: String, CodingKey {
    case schema, spec, minutes, threads, inputs, models
  }

  /// One model.
  public struct Model: Encodable, Equatable, Sendable {
    /// Its name in the spec.
    public var name: String
    /// Its name in names of files.
    public var slug: String
    /// As the spec names it.
    public var reference: String
    /// The training that it is a checkpoint of, and how far this had come; nil for other models.
    public var training: TrainingStep?
    /// Bytes of its files; nil when they are not on this machine.
    public var bytes: Int?
    /// Numbers in its tensors; nil as well.
    public var parameters: Int?
    /// Prompts.
    public var prompts: Int
    /// Items of datasets.
    public var items: Int
    /// Estimate for all of it, in one job, seconds; nil for a model that is not on this machine.
    public var seconds: Int?
    /// How many shards to make.
    public var shards: Int
    /// In order.
    public var parts: [Part]
  }

  /// One shard of a model.
  public struct Part: Encodable, Equatable, Sendable {
    /// "3/16".
    public var shard: String
    /// The name of its file in a folder.
    public var file: String
    /// Cells in it.
    public var cells: Int
    /// The first of them.
    public var first: String
    /// The last of them.
    public var last: String
    /// Estimate of the size of its file.
    public var bytes: Int
    /// Estimate of the memory of the job, 10^6 bytes; nil for a model that is not on this machine.
    public var memory: Int?
    /// Estimate of the time of the job; nil as well.
    public var seconds: Int?

    enum CodingKeys: String, CodingKey {
      case shard, file, cells, first, last, bytes, seconds
      case memory = "memory_mb"
    }
  }

  /// The plan as JSON, with a final newline.
  ///
  /// - Throws: What encoding throws.
  public func jsonData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// A table for people, with a final newline; words where no model is to run.
  public var text: String {
    guard !models.isEmpty else {
      return """
        No model needs to run: this spec takes all of its numbers from traces: folders.

        strata build \(ShellWord.path(path))   builds the gallery

        """
    }
    let heads = ["model", "files", "prompts", "items", "shards", "a shard", "memory"]
    let rows = models.map { model -> [String] in
      let longest = model.parts.compactMap(\.seconds).max()
      return [
        VisibleText.inline(model.name), model.bytes.map(Wording.size) ?? "not here", Wording.grouped(model.prompts),
        Wording.grouped(model.items), Wording.grouped(model.shards), longest.map(Self.time) ?? "unknown",
        model.parts.compactMap(\.memory).max().map { Wording.size(bytes: $0 * 1_000_000) } ?? "unknown",
      ]
    }
    let widths = heads.indices.map { column in ([heads] + rows).map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    let lines = ([heads] + rows).map { row in
      row.indices.map { column in
        column == 0
          ? DisplayWidth.padded(row[column], to: widths[column]) : DisplayWidth.aligned(row[column], to: widths[column])
      }.joined(separator: "  ")
    }
    let example = models.first.map {
      "\nstrata trace \(ShellWord.path(path)) --model \(ShellWord.quoted($0.name)) --shard 1/\($0.shards) -o shards/   runs the first shard\n"
        + "strata build \(ShellWord.path(path)) --traces shards/   builds the gallery when all are there\n"
    }
    let rest = given.isEmpty ? "" : "\nfrom traces: folders: \(given.map(VisibleText.inline).joined(separator: ", "))\n"
    return lines.joined(separator: "\n") + "\n" + rest + (example ?? "")
  }

  private static func time(_ seconds: Int) -> String {
    seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\((seconds + 59) / 60) min" : "\((seconds + 3599) / 3600) h"
  }
}

/// Plans what running specs takes.
public struct ShardPlanner: Sendable {
  let job: BuildJob

  /// A planner with the store of a job.
  public init(_ job: BuildJob) { self.job = job }

  /// Plans a spec.
  ///
  /// - Parameters:
  ///   - minutes: How long a shard should take.
  ///   - threads: Threads of a shard.
  ///   - shards: How many shards each model gets; nil for as many as the estimate suggests.
  /// - Throws: Problems of the spec.
  public func plan(
    _ file: (path: String, bytes: Data), minutes: Int, threads: Int, shards: Int? = nil
  ) throws -> ShardPlan {
    let options = Builder.Options(out: URL(fileURLWithPath: "out"))
    guard let (spec, base) = try job.read([file], options: options).first else {
      throw Diagnostic(place: file.path, "expected a spec", category: .badSpec)
    }
    let plan = try Plan(spec)
    let jobs = try DatasetJob.all(spec, base: base)
    let slugs = Slug.unique(spec.models.map(\.name))
    var models: [ShardPlan.Model] = []
    var given: [String] = []
    for (index, model) in spec.models.enumerated() {
      if case .traces = model.reference {
        given.append(model.name)
        continue
      }
      let units = ShardUnits(plan, spec, jobs, model: index)
      guard !units.units.isEmpty else { continue }
      let size = try job.store.size(of: model.reference, base: base)
      let cost = ShardCost(size, threads: threads)
      let work = units.units.map { cost.work(units.question(of: $0)) }
      let seconds = cost.seconds(work.reduce(0, +))
      let count = min(shards ?? cost.shards(work.reduce(0, +), minutes: minutes), units.units.count)
      let parts = (1...count).map { number -> ShardPlan.Part in
        let shard = Shard(number: number, count: count)
        let range = shard.range(of: units.units.count)
        return ShardPlan.Part(
          shard: shard.text, file: shard.file(slugs[index]), cells: range.count,
          first: units.name(of: units.units[range.lowerBound]), last: units.name(of: units.units[range.upperBound - 1]),
          bytes: range.reduce(1000) { $0 + cost.bytes(units.question(of: units.units[$1])) },
          memory: cost.memory(cells: units.units.count), seconds: cost.seconds(work[range].reduce(0, +)))
      }
      let items = units.units.count { if case .item = $0 { true } else { false } }
      models.append(
        ShardPlan.Model(
          name: model.name, slug: slugs[index], reference: model.reference.text, training: model.step,
          bytes: size?.bytes,
          parameters: size?.parameters, prompts: plan.cells.count { $0.model == index && !$0.subject.isDataset },
          items: items, seconds: seconds, shards: count, parts: parts))
    }
    let mistakes = DatasetFigureProblems(spec: spec, jobs: jobs).diagnostics
    guard mistakes.isEmpty else { throw DiagnosticList(mistakes) }
    var shardPlan = ShardPlan(
      spec: spec.name, minutes: minutes, threads: threads,
      inputs: (spec.files + spec.datasets.map(\.file)).uniqued.sorted(), models: models, given: given)
    shardPlan.path = file.path
    return shardPlan
  }
}

/// Estimates of what questions cost a model, from the sizes of its files: docs/cluster.md has the formulas and what was measured.
struct ShardCost {
  let size: ModelSize?
  let threads: Int

  init(_ size: ModelSize?, threads: Int) { (self.size, self.threads) = (size, threads) }

  /// Numbers of a model's tensors that a thread takes through a position in a second.
  private static let rate = 8e9
  /// Seconds to start, to hash and to open a model, and per byte of it.
  private static let opening = (seconds: 0.5, perByte: 1e-9)
  /// Shards of a model whose size is not known.
  private static let unknown = 16
  /// Slurm's usual limit of the tasks of an array.
  private static let most = 1000

  /// Numbers multiplied for a question; without the model's size, its positions.
  func work(_ question: Question) -> Double {
    let layers = Double(size?.layers ?? 1)
    let (all, head) = (Double(size?.parameters ?? 1), Double(size?.head ?? 0))
    switch question {
    case .trace(let request):
      let text = Self.tokens(of: request)
      let given = if case .continuation(let text) = request.method { Self.tokens(text) } else { 0.0 }
      let positions = text + given + Double(request.method.generated ?? 0)
      let read = request.columns == .all ? positions : max(1, given + Double(request.method.generated ?? 0))
      let patched = request.patch.map { Double($0.of.count) * layers * text * text / 4 } ?? 0
      return (positions + patched) * all + read * (layers + 1) * head
    case .summary(let job):
      return job.request.items.reduce(0) { sum, item in
        let text = Self.tokens(item.prompt)
        let patched = job.request.patch.map { Double($0.count) * layers * text * text / 4 } ?? 0.0
        let given = Self.tokens(item.target) - 1
        // Of an answer its own tokens are read, of a text all.
        let read = job.request.form != nil ? text : job.request.score != nil ? max(1, given) : 1
        let other = item.foil.map { job.request.form != nil ? Self.tokens($0) : Self.tokens($0) - 1 } ?? 0
        let scored = job.request.form != nil || job.request.score != nil
        let item: Double = (text + patched + (scored ? other + max(0, given) : 0)) * all
        return sum + item + (read + (scored ? other : 0)) * (layers + 1) * head
      }
    }
  }

  /// The time of a job, seconds.
  func seconds(_ work: Double) -> Int? {
    size.map {
      let opening = Self.opening.seconds + Double($0.bytes) * Self.opening.perByte
      return Int((opening + work / (Self.rate * Double(threads))).rounded(.up))
    }
  }

  /// How many shards keep jobs near a length.
  func shards(_ work: Double, minutes: Int) -> Int {
    guard size != nil else { return Self.unknown }
    let seconds = work / (Self.rate * Double(threads))
    return max(1, min(Self.most, Int((seconds / Double(minutes * 60)).rounded(.up))))
  }

  /// The memory of a job, 10^6 bytes: the files, which are mapped, keys and values, the program, and everything that is asked.
  func memory(cells: Int) -> Int? {
    size.map { ($0.bytes + min($0.bytes, 1 << 30) + 300_000_000 + 25_000 * cells) / 1_000_000 }
  }

  /// The size of the lines of a question.
  func bytes(_ question: Question) -> Int {
    let rows = (size?.layers ?? 32) + 1
    switch question {
    case .trace(let request):
      let text = Int(Self.tokens(of: request))
      let made = request.method.generated ?? 1
      let columns = request.columns == .all ? text + made : max(1, made)
      return 1500 + 40 * (text + made) + columns * rows * (45 + 18 * request.topK + 16 * request.watch.count)
    case .summary(let job):
      return job.request.items.reduce(0) {
        let words = job.request.words == true ? rows * ($1.prompt.utf8.count / 5 + 1) * 24 : 0
        return $0 + 900 + 3 * $1.prompt.utf8.count + rows * (job.request.form == .corpus ? 90 : 60) + words
      }
    }
  }

  private static func tokens(of request: TraceRequest) -> Double {
    guard case .asked(let chat) = request.chat else { return tokens(request.prompt) }
    // A template adds some tokens around every message.
    return chat.messages.reduce(0) { $0 + tokens($1.content) + 8 }
  }

  /// Tokens of a text: one for three bytes, which is on the safe side for English.
  private static func tokens(_ text: String) -> Double { Double(1 + text.utf8.count / 3) }
}
