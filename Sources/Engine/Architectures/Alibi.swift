import Foundation

/// The slope of each head: how much its score falls per position of distance.
///
/// Press and others 2022, as BLOOM and MPT compute it: powers of two from 2^(-bias / n) to 2^-bias for n heads, n a power of
/// two. For other numbers of heads, the slopes of the next lower power of two come first, then every other one of the
/// slopes for twice that power.
func alibiSlopes(heads: Int, bias: Double = 8) -> [Float] {
  var power = 1
  while power < heads { power *= 2 }
  let all = (1...power).map { Float(exp2(-bias * Double($0) / Double(power))) }
  guard power != heads else { return all }
  let even = stride(from: 1, to: power, by: 2).map { all[$0] }
  let odd = stride(from: 0, to: power, by: 2).map { all[$0] }
  return Array((even + odd).prefix(heads))
}
