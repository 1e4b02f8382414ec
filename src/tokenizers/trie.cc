#include "tokenizers/trie.h"

#include <utility>

#include "tokenizers/unicode.h"

namespace martlet {
namespace {

constexpr std::size_t kFirstSlots = 64;

constexpr std::size_t max_nodes(std::size_t slots) { return slots / 4 * 3; }

}  // namespace

Trie::Trie() : edges_(kFirstSlots), values_{kNoValue} {}

Trie::Node Trie::add_child(Node from, char32_t symbol) {
  Edge& edge = edges_[slot_of(from, symbol)];
  if (edge.from != kNoNode) return edge.to;
  const auto node = Node(values_.size());
  edge = {from, symbol, node};
  values_.push_back(kNoValue);
  if (values_.size() > max_nodes(edges_.size())) resize_table(edges_.size() * 2);
  return node;
}

void Trie::resize_table(std::size_t slots) {
  const std::vector<Edge> old = std::exchange(edges_, std::vector<Edge>(slots));
  for (const Edge& edge : old) {
    if (edge.from != kNoNode) edges_[slot_of(edge.from, edge.symbol)] = edge;
  }
}

void Trie::reserve(std::size_t nodes) {
  std::size_t slots = edges_.size();
  while (max_nodes(slots) < nodes) slots *= 2;
  if (slots > edges_.size()) resize_table(slots);
  values_.reserve(nodes);
}

int32_t Trie::insert(std::string_view key, int32_t value) {
  Node node = kRoot;
  for (std::size_t position = 0; position < key.size();) {
    node = add_child(node, unicode::read_utf8(key, position));
  }
  return std::exchange(values_[node], value);
}

Trie::Node Trie::find_node(std::string_view key) const noexcept {
  Node node = kRoot;
  for (std::size_t position = 0; position < key.size();) {
    node = child(node, unicode::read_utf8(key, position));
    if (node == kNoNode) break;
  }
  return node;
}

int32_t Trie::find(std::string_view key) const noexcept {
  const Node node = find_node(key);
  return node == kNoNode ? kNoValue : values_[node];
}

}  // namespace martlet
