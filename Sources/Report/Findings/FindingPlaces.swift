/// Where the first row of each model on each subject stands.
///
/// A look through all rows for each takes time that grows with the square of their number.
package struct FindingPlaces: Sendable {
  /// Indices of rows, by subject, then by model.
  private var places: [String: [String: Int]] = [:]

  /// The places of rows.
  package init(_ rows: [FindingRow]) {
    for (index, row) in rows.enumerated() where places[row.subject]?[row.model] == nil {
      places[row.subject, default: [:]][row.model] = index
    }
  }

  /// The index of the first row of a model on a subject; nil without one.
  package func row(of subject: String, model: String) -> Int? { places[subject]?[model] }
}
