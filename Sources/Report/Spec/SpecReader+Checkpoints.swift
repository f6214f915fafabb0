import Models
import Words
import Yams

// `checkpoints` of a model: every one that is named, with its step, all problems at once.

extension SpecReader {
  /// A checkpoint, and what tells its step.
  private struct Found {
    var reference: ModelReference
    /// As messages call it.
    var text: String
    /// The part of its name that a step is read from; nil where the step is given.
    var name: String?
    var step: Int?
    var node: Node
  }

  /// The checkpoints of a value, in the order of their steps; nil after a report.
  mutating func checkpoints(_ node: Node, called name: SpecName) -> [SpecCheckpoint]? {
    let before = problems.count
    var found: [Found] = []
    if case .sequence = node {
      // Beyond the limit, how many more there are does not matter.
      for (index, element) in (list(node, called: name.text) ?? []).enumerated()
      where found.count <= CheckpointNames.most {
        if case .mapping = element {
          found +=
            given(element, called: "checkpoint \(index + 1)" + (name.owner.map { " of \($0)" } ?? "")).map { [$0] }
            ?? []
        } else {
          found += named(element, called: name.member("a checkpoint"), isAlone: false)
        }
      }
    } else {
      found = named(node, called: name.text, isAlone: true)
    }
    guard found.count <= CheckpointNames.most else {
      reportTooMany(found.count, at: node, called: name.text)
      return nil
    }
    var seen: [Int: String] = [:]
    let all = found.compactMap { one -> SpecCheckpoint? in
      guard let step = one.step ?? step(of: one) else { return nil }
      if let first = seen[step] {
        report(
          one.node.mark, "two checkpoints have step \(Wording.grouped(step)): '\(first)' and '\(one.text)'",
          ["keep one of them, or give the steps: [{step: \(step), path: ...}, ...]"])
      }
      seen[step] = seen[step] ?? one.text
      return SpecCheckpoint(reference: one.reference, step: step)
    }
    guard problems.count == before else { return nil }
    return all.sorted { $0.step < $1.step }
  }

  /// Whether every path tells a step of its own.
  private func areSteps(_ paths: [String], of pattern: PathPattern) -> Bool {
    let steps = paths.compactMap { try? TrainingStep.number(in: pattern.varying(in: $0)).get() }
    return Set(steps).count == paths.count
  }

  private mutating func reportTooMany(_ count: Int, at node: Node, called name: String) {
    report(
      node.mark,
      "\(name) must stand for at most \(Wording.grouped(CheckpointNames.most)) checkpoints, found \(Wording.grouped(count)) or more",
      ["choose fewer, for example ./runs/step*000"])
  }

  /// The step that a name tells; nil after a report.
  private mutating func step(of one: Found) -> Int? {
    let given = "give it: {step: 1000, path: ...}; a step is the number behind 'step', or the only number of the name"
    guard let name = one.name else {
      report(one.node.mark, "'\(one.text)' has no revision whose name could tell its step", [given])
      return nil
    }
    switch TrainingStep.number(in: name) {
    case .success(let number): return number
    case .failure(.none):
      report(
        one.node.mark,
        "the name '\(VisibleText.excerpt(of: name, count: 60))' of '\(one.text)' has no number of a step", [given])
    case .failure(.several(let numbers)):
      report(
        one.node.mark,
        "the name '\(VisibleText.excerpt(of: name, count: 60))' has several numbers (\(numbers.joined(separator: ", "))), "
          + "and it does not tell which one is the step", [given])
    case .failure(.tooLarge(let number)):
      report(
        one.node.mark,
        "a step must be at most \(Wording.grouped(TrainingStep.largest)), "
          + "found \(VisibleText.excerpt(of: number, count: 40)) in '\(one.text)'",
        [given])
    }
    return nil
  }

  /// An entry that is a mapping.
  private mutating func given(_ node: Node, called name: String) -> Found? {
    typealias Key = SpecSection.Checkpoint
    let fields = fields(node, of: .checkpoint, called: name)
    let sources = [Key.path.name, Key.name.name, Key.traces.name].filter { fields.entries[$0] != nil }
    if sources.count > 1, let entry = fields.entries[sources[0]] {
      report(entry, "\(name) has both \(Wording.enumeration(sources))", ["keep one of them"])
    }
    let step = read(Key.step, in: fields)
    let reference =
      fields[Key.name] != nil
      ? read(Key.name, in: fields)
      : fields[Key.traces] != nil
        ? read(Key.traces, in: fields).map { .traces($0.tidyPath) } : read(Key.path, in: fields).map { .path($0) }
    if sources.isEmpty { reportMissing(Key.path.name, in: fields) }
    guard let reference, let step, sources.count == 1 else { return nil }
    return Found(reference: reference, text: reference.text, step: step, node: node)
  }

  /// What a text stands for; empty after a report.
  ///
  /// - Parameter isAlone: Whether the text is all, so that it must be able to stand for several.
  private mutating func named(_ node: Node, called name: String, isAlone: Bool) -> [Found] {
    guard let text = text(node, called: name) else { return [] }
    let names: [String]
    switch CheckpointNames.all(text) {
    case .success(let all): names = all
    case .failure(let misreading):
      report(node.mark, "\(name): \(misreading.message)", [misreading.hint])
      return []
    }
    let isPattern = names.contains(where: PathPattern.isPattern)
    if isAlone, names.count == 1, !isPattern {
      report(
        node.mark, "\(name) must stand for several checkpoints, found '\(Node.shortened(text))'",
        ["org/name@{step1000,step2000}, a pattern such as ./runs/step*, or a list of them"])
      return []
    }
    return names.flatMap { name -> [Found] in
      guard PathPattern.isPattern(name) else {
        guard let reference = take(ModelReference.parse(name, catalog: vocabulary.catalog), at: node) else { return [] }
        return [Found(reference: reference, text: name, name: reference.checkpointName, node: node)]
      }
      let match = reading.match(name)
      patterns.append(name)
      let paths = match.paths
      if match.isTooWide {
        report(
          node.mark, "'\(Node.shortened(name))' leads past too many names to look at all",
          ["choose a narrower pattern, for example ./runs/step*"])
        return []
      }
      if paths.isEmpty {
        report(
          node.mark, "no folder or file is called '\(VisibleText.excerpt(of: name, count: 80))'",
          ["patterns are relative to the spec's folder; * stands for any characters but /"])
      }
      if paths.count > CheckpointNames.most {
        reportTooMany(paths.count, at: node, called: "'\(Node.shortened(name))'")
        return []
      }
      let pattern = PathPattern(name)
      if match.isOutside, !areSteps(paths, of: pattern) {
        // Names of other people's files have no place in a message about a spec that may be somebody else's.
        report(
          node.mark,
          "'\(Node.shortened(name))' leads out of the spec's folder and the git repository around it, to "
            + "\(Wording.count(paths.count, "name")) of which not every one tells a step of its own",
          ["choose a narrower pattern, for example /data/runs/step*, or list the checkpoints"])
        return []
      }
      return paths.map { Found(reference: .path($0), text: $0, name: pattern.varying(in: $0), node: node) }
    }
  }
}

extension ModelReference {
  /// The part that tells which checkpoint it is: the revision of a model on a hub, or the end of a path; nil for other names.
  var checkpointName: String? {
    switch self {
    case .hub(let reference): reference.revision
    case .path(let path), .traces(let path): path.lastPart
    case .catalog, .ollama: nil
    }
  }
}

extension String {
  /// Behind the last slash that is not the end, without the ending of a GGUF file.
  fileprivate var lastPart: String {
    let part = split(separator: "/").last.map(String.init) ?? self
    return part.lowercased().hasSuffix(".gguf") ? String(part.dropLast(5)) : part
  }
}
