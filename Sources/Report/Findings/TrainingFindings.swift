import Traces
import Words

/// What the checkpoints of one training run show of one prompt: when its answer is there, and how its settled layer moves.
public struct TrainingFindings: Equatable, Sendable {
  /// What is followed through the training.
  public enum Subject: String, Sendable {
    /// Which watched word is ahead.
    case watched
    /// Tokens after the prompt that the spec gives.
    case given
    /// The most probable token after the prompt.
    case prediction
  }

  /// One checkpoint.
  public struct Checkpoint: Equatable, Sendable {
    /// How far the training had come.
    public var step: TrainingStep
    /// The model's name in the gallery.
    public var model: String
    /// What its own answer is, made visible: the word that is ahead or predicted; nil for given tokens and where there is none.
    public var answer: String?
    /// Whether it answers as the last checkpoint does; of given tokens, whether at least half are settled.
    public var holds: Bool
    /// The layer from which its answer is first or ahead for good, of several tokens the median; nil where there is none.
    public var settled: Trace.Row?
  }

  /// What is followed.
  public var subject: Subject
  /// The run.
  public var run: String
  /// In the order of their steps, at least two.
  public var checkpoints: [Checkpoint]
  /// The words of the last checkpoint that are followed, made visible: the leader and the second; the prediction; a single given token.
  public var labels: [String]
  /// How many tokens are given, or words watched; 1 for a prediction.
  public var tokens: Int
  /// The last row of the last checkpoint.
  public var lastRow: Trace.Row
  /// Whether the runs were changed.
  public var isChanged: Bool

  /// Nil with fewer than two checkpoints, or where the last one has no answer.
  package init?(_ found: [(step: TrainingStep, model: String, findings: TraceFindings)]) {
    guard found.map(\.step).isOneRun, let last = found.last?.findings else { return nil }
    run = found[0].step.run
    lastRow = last.lastRow
    isChanged = !last.changes.isEmpty
    tokens = 1
    if let watched = last.watched, let leader = watched.leader {
      subject = .watched
      tokens = watched.entries.count
      labels = [watched.entries[leader].label, watched.entries[watched.second].label]
      checkpoints = found.map { step, model, findings in
        let own = findings.watched.flatMap { order in order.leader.map { order.entries[$0].label } }
        return Checkpoint(
          step: step, model: model, answer: own, holds: own == watched.entries[leader].label,
          settled: findings.watched?.ahead)
      }
    } else if last.isGiven || last.isMasked, let settled = last.settled {
      subject = .given
      labels = last.output.count == 1 ? last.output.map(\.label) : []
      tokens = settled.count
      checkpoints = found.map { step, model, findings in
        let row = findings.settled?.median
        return Checkpoint(step: step, model: model, holds: row != nil, settled: row)
      }
    } else if let prediction = last.prediction {
      subject = .prediction
      labels = [prediction.label]
      checkpoints = found.map { step, model, findings in
        let own = findings.prediction?.label
        return Checkpoint(
          step: step, model: model, answer: own, holds: own == prediction.label,
          settled: findings.prediction?.settling.settled)
      }
    } else {
      return nil
    }
  }

  /// The number of the first checkpoint from which the answer of the last one holds in all; nil where it does not hold in the last.
  public var since: Int? {
    guard checkpoints.last?.holds == true else { return nil }
    return (checkpoints.lastIndex { !$0.holds } ?? -1) + 1
  }

  /// How the settled layer moves from the checkpoint `since` to the last; nil without such layers.
  public var movement: Movement? {
    guard let since, let first = checkpoints[since].settled, let last = checkpoints.last?.settled else { return nil }
    let by = (checkpoints.lastIndex { $0.settled != last } ?? since - 1) + 1
    return Movement(from: first, to: last, by: max(by, since))
  }

  /// A move of the settled layer.
  public struct Movement: Equatable, Sendable {
    /// Where it is settled at the checkpoint from which on the answer holds.
    public var from: Trace.Row
    /// Where it is settled at the last checkpoint.
    public var to: Trace.Row
    /// The number of the checkpoint from which on it stays there.
    public var by: Int

    /// Layers that it moves; negative where the answer is settled earlier in the end.
    public var distance: Int { to.layerNumber - from.layerNumber }
  }
}

extension TrainingFindings {
  /// What the checkpoints show, in one sentence.
  package var sentence: String? { told.map { isChanged ? "In the changed runs: \($0)" : $0 } }

  private var told: String? {
    guard let first = checkpoints.first?.step, let last = checkpoints.last?.step else { return nil }
    guard let since else {
      // The answer of the last checkpoint is its own, unless the tokens are given.
      let never = checkpoints.contains(where: \.holds) ? "" : ", nor at any checkpoint before"
      return labels.first.map {
        "“\($0)” does not have rank 1 after the last layer at \(last.phrase) of the training\(never)."
      }
        ?? "Fewer than half of the \(tokens) given tokens have rank 1 after the last layer at \(last.phrase) of the training\(never)."
    }
    let begin = checkpoints[since].step
    let when =
      since == 0
      ? "at every checkpoint from \(first.phrase) to \(last.phrase)"
      : since == checkpoints.count - 1
        ? "at \(last.phrase) only, the last checkpoint" : "from \(begin.phrase) of the training on"
    let text =
      switch subject {
      case .watched:
        "“\(labels[0])” is more probable than “\(labels[1])”\(tokens > 2 ? " and the other words" : "") \(when)"
      case .prediction: "“\(labels[0])” is the most probable next token \(when)"
      case .given:
        labels.isEmpty
          ? "At least half of the \(tokens) given tokens have rank 1 after the last layer \(when)"
          : "“\(labels[0])” has rank 1 after the last layer \(when)"
      }
    return text + (moved.map { "; \($0)" } ?? "") + "."
  }

  /// "its settled layer falls from 5 of 5 at step 512 to 3 by step 4,096".
  private var moved: String? {
    guard let since, let movement else { return nil }
    let whose =
      switch subject {
      case .watched: "the layer from which it is ahead for good"
      case .prediction: "its settled layer"
      case .given: tokens > 1 ? "the median of their settled layers" : "its settled layer"
      }
    let steps = checkpoints.map(\.step)
    if since == checkpoints.count - 1 { return "\(whose) is \(movement.to.number) (the last is \(lastRow.number))" }
    let range = checkpoints[since...].compactMap(\.settled)
    guard movement.distance != 0 else {
      let rows = range.map(\.layerNumber)
      guard let least = range.min(by: { $0.layerNumber < $1.layerNumber }),
        let most = range.max(by: { $0.layerNumber < $1.layerNumber }), Set(rows).count > 1
      else { return "\(whose) stays \(movement.to.number) (the last is \(lastRow.number))" }
      return
        "\(whose) is \(movement.to.number) both then and at the end, and between \(least.number) and \(most.number) meanwhile"
    }
    return
      "\(whose) \(movement.distance < 0 ? "falls" : "rises") from \(movement.from.number) at \(steps[since].phrase) to "
      + "\(movement.to.number) by \(steps[movement.by].phrase) (the last is \(lastRow.number))"
  }
}

extension Trace.Row {
  /// The number of a layer within a list of layers: "5", "the embedding".
  fileprivate var number: String { point == .embedding ? "the embedding" : "\(layer)" }
}
