import Plot
import Words

extension ReportBody {
  /// Models, lenses, precision, what the words of findings mean, remarks and hashes.
  mutating func addMethods() throws {
    let manifest = content.manifest
    let text = PageFlow.TextStyle(font: style.text(10.5), color: style.ink, leading: 14.5)
    let name = "Methods and provenance"
    flow.head = name
    flow.newPage()
    enter(name, "_methods", level: 0)
    try flow.paragraph(name, .init(font: style.text(18), color: style.ink, leading: 24, tag: .heading1))
    flow.skip(6)
    for sentence in Wording.methods(manifest) {
      try flow.paragraph(VisibleText.inline(sentence), text)
      flow.skip(4)
    }
    if !content.findings.rows.isEmpty {
      try part("Words of findings")
      try flow.paragraph(Wording.findingWords, text)
    }
    if !manifest.models.isEmpty {
      try part("Models")
      try ModelTable(manifest).draw(in: &flow)
    }
    func told(_ isAbsent: Bool) -> [String] {
      manifest.failures.filter { ($0.isAbsent == true) == isAbsent }
        .map { "\($0.model), prompt \($0.prompt): \($0.message)" }
    }
    let remarks = [
      ("Remarks of the build", manifest.warnings), ("Not made", told(false)), ("Not given", told(true)),
    ]
    for (title, notes) in remarks where !notes.isEmpty {
      try part(title)
      for note in notes {
        try flow.paragraph(VisibleText.inline(note), text)
        flow.skip(4)
      }
    }
    try part("Files")
    let hash = PageFlow.TextStyle(font: style.exact(7), color: style.quiet, leading: 10)
    for model in manifest.models {
      flow.need(50)
      let facts = [Wording.owner(of: model), model.source, model.adapter.map { "LoRA adapter \($0.name)" }]
      try flow.paragraph(VisibleText.inline(facts.compactMap(\.self).joined(separator: ", ")), small)
      if model.ranElsewhere == true {
        try flow.paragraph("The model, SHA-256 as its numbers state it", small)
        try flow.paragraph(VisibleText.inline(model.sha256), hash)
      }
      for file in model.files {
        try flow.paragraph(VisibleText.inline("\(file.path), \(Wording.size(bytes: file.bytes)), SHA-256"), small)
        try flow.paragraph(VisibleText.inline(file.sha256), hash)
      }
      flow.skip(5)
    }
    flow.need(40)
    try flow.paragraph("Spec, SHA-256", small)
    try flow.paragraph(VisibleText.inline(manifest.specSHA256), hash)
    flow.skip(5)
    try flow.paragraph(
      VisibleText.inline("Made with \(manifest.tool). Every number shown is in the traces beside this report."), small)
  }

  private mutating func part(_ title: String) throws {
    flow.skip(10)
    flow.need(60)
    try flow.paragraph(title, heading)
    flow.skip(2)
  }
}

extension Wording {
  /// What findings mean by their words (docs/findings.md).
  static let findingWords =
    "Layers are the outputs of blocks, counted from 0; “layer 26 of 29” is layer 26, where layer 29 is the last, and the "
    + "embedding is the input of layer 0. "
    + "A token has rank 1 for good from the first layer on from which its rank is 1 in every layer up to the last; medians "
    + "are lower medians, in which tokens that never get there count last, and a share is half-way from chance from the "
    + "first layer on from which it stays at least in the middle between chance and its final value. "
    + "Of watched words, one is more probable for good from the first layer on from which its probability is greater than "
    + "that of every other watched word in every layer up to the last."
}
