"""The sentences of the invented reports, by what they say: plain enough that nobody can take them for anything else."""

FINDINGS = (
    "The examination was tolerated well. Planar images were acquired in eight projections.",
    "The chest radiograph of the same day was at hand. Images are of good technical quality.",
    "Comparison was made with the chest radiograph.",
)

IMPRESSION: dict[str, tuple[str, ...]] = {
    "normal": ("Normal ventilation-perfusion lung scan.", "Normal ventilation and perfusion scan."),
    "very_low": ("Very low probability for pulmonary embolism.", "Very low probability of pulmonary embolism."),
    "low": ("Low probability for pulmonary embolism.", "Low probability of pulmonary embolism."),
    "intermediate": (
        "Intermediate probability for pulmonary embolism.",
        "Intermediate probability of pulmonary embolism.",
        "Nondiagnostic study for pulmonary embolism.",
    ),
    "high": ("High probability for pulmonary embolism.", "High probability of pulmonary embolism."),
    "unreadable": (
        "[Low/Intermediate/High] probability for pulmonary embolism.",
        "Low probability for pulmonary embolism. High probability for pulmonary embolism.",
        "",
        "The saddle clot sign of Zebra is noted.",
    ),
}
PERFUSION_ONLY = ("Normal perfusion lung scan.", "Normal lung perfusion scan.")
"""What `normal` says where ventilation was not done."""
ADDENDUM = "The report was reviewed with the team on the ward. The impression stands as it was."

GIVEN = ("Avery", "Blake", "Casey", "Devon", "Emery", "Finley", "Gray", "Harper", "Indigo", "Jules", "Kit", "Lane", "Marlo", "Nico")
FAMILY = ("Testperson", "Sampleton", "Mockford", "Fictiv", "Nonesuch", "Placeholder", "Examplesen", "Dummyworth", "Inventa", "Notreal")
DOCTORS = (("D11", "Referrer", "Robin"), ("D12", "Wardwell", "Sam"), ("D13", "Emergent", "Kim"), ("D14", "Clinica", "Toni"))
