// Strings of code points with a value each, and the longest of them that a text starts with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace martlet {

class Trie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNoNode = ~Node{0};

  struct Match {
    int32_t value = kNoValue;
    std::size_t length = 0;  // code points
  };
  static constexpr int32_t kNoValue = -1;

  Trie();

  /// Makes room for about `nodes` nodes.
  void reserve(std::size_t nodes);

  /// Gives the UTF-8 string `key` the value (>= 0), and says what it had before, or kNoValue.
  int32_t insert(std::string_view key, int32_t value);

  /// The node that the UTF-8 string `key` leads to, or kNoNode.
  [[nodiscard]] Node find_node(std::string_view key) const noexcept;
  /// The value of exactly `key`, or kNoValue.
  [[nodiscard]] int32_t find(std::string_view key) const noexcept;

  /// Where `symbol` leads from `from`, or kNoNode.
  [[nodiscard]] Node child(Node from, char32_t symbol) const noexcept {
    const Edge& edge = edges_[slot_of(from, symbol)];
    return edge.from == kNoNode ? kNoNode : edge.to;
  }

  /// The longest key below `start` that the `size` code points code_at(0), code_at(1) ... begin
  /// with; of length 0 if there is none. Takes one step per code point of the longest key at most.
  template <class CodeAt>
  [[nodiscard]] Match longest_match(std::size_t size, CodeAt code_at, Node start = kRoot) const {
    Match match;
    Node node = start;
    for (std::size_t i = 0; i < size; ++i) {
      node = child(node, code_at(i));
      if (node == kNoNode) break;
      if (values_[node] != kNoValue) match = {values_[node], i + 1};
    }
    return match;
  }

  /// Calls each(value, length) for every key that the `size` code points begin with, shortest
  /// first.
  template <class CodeAt, class Each>
  void for_each_prefix(std::size_t size, CodeAt code_at, Each each) const {
    Node node = kRoot;
    for (std::size_t i = 0; i < size; ++i) {
      node = child(node, code_at(i));
      if (node == kNoNode) return;
      if (values_[node] != kNoValue) each(values_[node], i + 1);
    }
  }

 private:
  struct Edge {
    Node from = kNoNode;
    char32_t symbol = 0;
    Node to = 0;
  };

  /// The slot of an edge, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(Node from, char32_t symbol) const noexcept {
    const uint64_t hash = (uint64_t{from} << 32 | symbol) * 0x9E3779B97F4A7C15ULL;
    const std::size_t mask = edges_.size() - 1;
    std::size_t slot = (hash >> 32) & mask;
    while (edges_[slot].from != kNoNode &&
           (edges_[slot].from != from || edges_[slot].symbol != symbol)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  Node add_child(Node from, char32_t symbol);
  void resize_table(std::size_t slots);

  std::vector<Edge> edges_;      // hash table, open addressing, a power of two, at most 3/4 full
  std::vector<int32_t> values_;  // [nodes]
};

}  // namespace martlet
