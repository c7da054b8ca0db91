#include "upload_answer.hpp"

#include "classification_timing.hpp"
#include "validation_error.hpp"

#include <algorithm>
#include <string>

namespace sma::api {
namespace {

/// Lists of what only some requests want are empty for the others.
template <class T>
void insert_unless_empty(std::vector<T>& list, std::size_t place) {
    if (!list.empty()) list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), T());
}

/// At commas; one empty part of an empty text.
std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> parts;
    for (auto comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
        parts.push_back(list.substr(0, comma));
        list.remove_prefix(comma + 1);
    }
    parts.push_back(list);
    return parts;
}

}  // namespace

result<serving::served_model const*> asked_model(serving::served_models const& models, http::request const& r) {
    return models.find(r.query_value("model").value_or(std::string_view()));
}

result<std::vector<serving::served_model const*>> asked_models(serving::served_models const& models,
                                                               http::request const& r) {
    auto const names = split(r.query_value("model").value_or(std::string_view()));
    std::vector<serving::served_model const*> asked;
    for (auto name = names.begin(); name != names.end(); ++name) {
        if (name->empty() && names.size() > 1)
            return validation_error("query parameter model: a name is missing beside a comma");
        if (std::find(names.begin(), name, *name) != name)
            return validation_error("query parameter model: `" + std::string(*name) + "` is there more than once");
        auto const found = models.find(*name);
        if (!found) return found.error();
        asked.push_back(*found);
    }
    return asked;
}

std::vector<std::string_view> files_of(image_sources const& found) {
    std::vector<std::string_view> files;
    for (auto const& image : found.images)
        if (!image.failed) files.push_back(image.bytes);
    return files;
}

void add_failures(serving::classification& c, image_sources const& found) {
    for (std::size_t i = 0; i < found.images.size(); ++i) {
        auto const& failed = found.images[i].failed;
        if (!failed) continue;
        c.logits.insert(c.logits.begin() + static_cast<std::ptrdiff_t>(i), *failed);
        insert_unless_empty(c.features, i);
        insert_unless_empty(c.sizes, i);
    }
}

std::optional<error> whole_failure(serving::classification const& c) {
    for (auto const& logits : c.logits)
        if (logits) return {};
    return c.logits.front().error();
}

http::response refusal(error const& e, http::request const& r) {
    return http::make_error_response(e, r.context.correlation_id);
}

http::response with_timing(http::response answer, serving::classification const& c) {
    add_timing(answer, c);
    if (c.age) answer.headers.emplace_back("Age", std::to_string(c.age->count()));
    return answer;
}

}  // namespace sma::api
