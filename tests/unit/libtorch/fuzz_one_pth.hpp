// Runs of one fuzz input for .pth files; also used for the corpus test.
#pragma once

#include "checkpoint.hpp"
#include "fuzz_one_safetensors.hpp"
#include "pickle.hpp"
#include "stored_zip.hpp"

#include <string>
#include <string_view>

namespace sma::libtorch::test {

/// Every node is reached from the document alone, and holds what its kind promises.
inline void check_document(pickle_document const& document, std::size_t input_bytes) {
    using sma::test::require;
    require(document.root != nullptr && document.nodes.size() <= 4 * input_bytes);
    for (auto const& node : document.nodes) {
        require(node.text.size() <= input_bytes + 512);
        require(node.kind != pickle_kind::dict || node.items.size() % 2 == 0);
        require(node.kind != pickle_kind::call || node.items.size() == 2);
        require(node.kind != pickle_kind::persistent || node.items.size() == 1);
        for (auto const* item : node.items) require(item != nullptr);
    }
}

/// A whole zip archive, or a data.pkl that is put into one with storages of 96, 8 and 0 bytes. Aborts if tensors are
/// accepted that reach beyond their storage (a sanitizer sees that), or nodes that are not what they promise.
inline bool fuzz_one_pth(std::string_view input) {
    using sma::test::require;
    bool const is_archive = input.starts_with("PK");
    if (!is_archive) {
        auto const document = parse_pickle({reinterpret_cast<std::byte const*>(input.data()), input.size()});
        if (!document) return sma::test::require_error(document.error(), {errc::invalid_weights}), false;
        check_document(*document, input.size());
    }
    std::string const bytes(96, '\1');
    std::string_view const view(bytes);
    auto const archive = is_archive ? std::string(input)
                                    : sma::test::stored_zip({{"a/data.pkl", input},
                                                             {"a/data/0", view},
                                                             {"a/data/1", view.substr(0, 8)},
                                                             {"a/data/2", view.substr(0, 0)},
                                                             {"a/version", "3\n"}});
    auto const saved = read_checkpoint(sma::test::memory_file(archive).path());
    if (!saved) return sma::test::require_error(saved.error(), {errc::invalid_weights}), false;
    // Every byte is read, so that a sanitizer sees a tensor that reaches beyond its storage.
    int sum = 0;
    for (auto const& [name, tensor] : saved->tensors)
        for (std::size_t i = 0; i < tensor.byte_count(); ++i) sum ^= std::to_integer<int>(tensor.bytes()[i]);
    require(sum >= 0);
    model::test::check_graph(saved->tensors);
    return true;
}

}  // namespace sma::libtorch::test
