#include "sma/api/embed.hpp"

#include "embedding_json.hpp"
#include "query_word.hpp"
#include "upload_answer.hpp"

#include "sma/serving/l2_norm.hpp"

#include <functional>

namespace sma::api {
namespace {

/// Images whose embeddings are written at once: one takes about 0.1 ms.
constexpr std::size_t embeddings_inline = 2;

void normalize(serving::classification& c) {
    for (auto& features : c.features) serving::normalize_l2(features.embedding);
}

}  // namespace

result<void> embed::admit(http::request const& head) {
    auto const model = asked_model(models_, head);
    return model ? (*model)->direct.check(1, head.context.deadline) : model.error();
}

boost::asio::awaitable<http::response> embed::handle(http::request& r) {
    auto const model = asked_model(models_, r);
    if (!model) co_return refusal(model.error(), r);
    auto const norm = query_word(r, "normalize", {"none", "l2"});
    if (!norm) co_return refusal(norm.error(), r);
    auto const found = co_await uploads_.read(r);
    if (!found) co_return refusal(found.error(), r);

    auto context = r.context;
    auto files = files_of(*found);
    serving::wanted_features wanted;
    wanted.embedding = true;
    auto classified = co_await (*model)->direct.classify(std::move(context), std::move(files), wanted);
    if (!classified) co_return refusal(classified.error(), r);
    add_failures(*classified, *found);
    auto const failure = whole_failure(*classified);
    if (failure) co_return with_timing(refusal(*failure, r), *classified);
    if (*norm == "l2") normalize(*classified);
    std::function<std::string()> write = [&] { return embedding_json(*found, *classified, *norm); };
    auto const on_worker = classified->logits.size() > embeddings_inline;
    auto body = co_await uploads_.write(r, on_worker, std::move(write));
    if (!body) co_return refusal(body.error(), r);
    http::response answer;
    answer.body = std::move(*body);
    co_return with_timing(std::move(answer), *classified);
}

}  // namespace sma::api
