"""Every problem of the rules, by its code: to say again what was said when an operation first came."""

from importlib import import_module
from pkgutil import walk_packages

from volunteer_app import domain
from volunteer_app.domain.problems import Problem

_MODULES = [module.name for module in walk_packages(domain.__path__, f"{domain.__name__}.")]

PROBLEMS = {
    value.code: value
    for name in _MODULES
    if name != __name__
    for value in vars(import_module(name)).values()
    if isinstance(value, Problem)
}
