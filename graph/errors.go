package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// internal is the code of what nobody expected; the closed list is the enum ErrorCode of the schema.
const internal = "INTERNAL"

// present is what a client sees for an error. Expected failures (errs.Error) show their sentence, extensions {code, field, id}, and where
// an input has several mistakes also {problems: [{code, message, field}]}, all of them; a
// document or value that GraphQL itself refuses is VALIDATION; everything else is logged and shown as INTERNAL with the id under which
// the log has it.
func present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		if e := errs.As(err); e != nil {
			out := expected(e)
			out.Path, out.Locations = shown.Path, shown.Locations
			switch {
			case e.Field != "":
			case e.Kind == errs.Validation:
				out.Extensions = withField(out.Extensions, argumentPath(shown.Path))
			case e.Kind == errs.NotFound && len(shown.Path) == 1:
				out.Extensions = withField(out.Extensions, argumentNaming(ctx, e.ID))
			}
			return out
		}
		if refusedByGraphQL(shown, err) {
			message := shown.Message
			if permit.From(ctx) == nil {
				message, _, _ = strings.Cut(message, " Did you mean ") // strangers are not told names of the schema
			}
			out := expected(errs.Invalid(argumentPath(shown.Path), "%s", message))
			out.Path, out.Locations = shown.Path, shown.Locations
			return out
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil { // the database says it in its own words
			out := expected(errs.New(errs.Unavailable, "The answer took too long. Please try again."))
			out.Path = shown.Path
			return out
		}
		if db.Unreachable(err) {
			if full := errs.As(db.Explain(err)); full != nil {
				log.WarnContext(ctx, "the database refuses", "path", shown.Path.String(), "error", err)
				out := expected(full)
				out.Path = shown.Path
				return out
			}
			log.WarnContext(ctx, "the database is away", "path", shown.Path.String(), "error", err)
			out := expected(errs.New(errs.Unavailable, "The database does not answer at this moment. Please try again."))
			out.Path = shown.Path
			return out
		}
		return unexpected(ctx, log, err, shown.Path)
	}
}

// expected is the shape of an expected failure.
func expected(e *errs.Error) *gqlerror.Error {
	extensions := map[string]any{"code": string(e.Kind)}
	if e.ID != "" {
		extensions["id"] = e.ID
	}
	if len(e.Others) > 0 {
		var all []map[string]any
		for _, one := range e.All() {
			all = append(all, withField(map[string]any{"code": string(one.Kind), "message": one.Message}, one.Field))
		}
		extensions["problems"] = all
	}
	return &gqlerror.Error{Message: e.Message, Extensions: withField(extensions, e.Field)}
}

func withField(extensions map[string]any, field string) map[string]any {
	if field != "" {
		extensions["field"] = field
	}
	return extensions
}

func unexpected(ctx context.Context, log *slog.Logger, err error, path ast.Path) *gqlerror.Error {
	id := uuid.NewString()
	log.ErrorContext(ctx, "internal error", "id", id, "path", path.String(), "error", err)
	return &gqlerror.Error{
		Message:    fmt.Sprintf("Something went wrong in the server. Its log has the details under %s.", id),
		Path:       path,
		Extensions: map[string]any{"code": internal, "id": id},
	}
}

// refusedByGraphQL reports whether the document, a variable or an argument is wrong, as the library found it.
func refusedByGraphQL(shown *gqlerror.Error, err error) bool {
	switch shown.Extensions["code"] {
	case errcode.ParseFailed, errcode.ValidationFailed:
		return true
	}
	if shown.Rule != "" {
		return true
	}
	var number *graphql.IntegerError
	var overflow *graphql.NumberOverflowError
	return errors.As(err, &number) || errors.As(err, &overflow)
}

// argumentPath is the part of a path that lies in an argument, e.g. input.lines[2].version: what follows the field's own name.
func argumentPath(path ast.Path) string {
	if len(path) < 2 {
		return ""
	}
	return strings.TrimPrefix(path[1:].String(), ".")
}

// argumentNaming is the path of the argument that names what was not found: the one with its id, or the only one there is; "" when that
// is not certain.
func argumentNaming(ctx context.Context, id string) string {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Field.Field == nil || !graphql.HasOperationContext(ctx) {
		return ""
	}
	var named []string
	leaves(field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables), "", func(path string, value any) {
		if id == "" || fmt.Sprint(value) == id {
			named = append(named, path)
		}
	})
	if len(named) != 1 {
		return ""
	}
	return named[0]
}

// leaves visits what objects inside each other hold in the end.
func leaves(object map[string]any, prefix string, visit func(path string, value any)) {
	for name, value := range object {
		if inner, ok := value.(map[string]any); ok {
			leaves(inner, prefix+name+".", visit)
		} else if value != nil {
			visit(prefix+name, value)
		}
	}
}

// recovered turns a panic into an error for present: a bug, never the caller's fault.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, fault any) error {
		log.ErrorContext(ctx, "panic in a resolver", "fault", fault, "stack", string(debug.Stack()))
		return fmt.Errorf("panic: %v", fault)
	}
}
